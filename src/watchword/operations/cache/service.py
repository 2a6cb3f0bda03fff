"""The cache as operators see it."""

from collections.abc import Awaitable, Callable

from watchword.kernel.parts import service
from watchword.kernel.ports import Cache
from watchword.operations.cache.rules import CacheUnavailable, NoCacheGiven
from watchword.plumbing.settings import RedisSettings


@service
class CacheUpkeep:
    """Counts and empties."""

    cache: Cache
    settings: RedisSettings

    async def count(self) -> int:
        """Return how many copies there are. Problems: `no_cache`, `cache_unavailable`."""
        return await self._ask(self.cache.count)

    async def clear(self) -> int:
        """Drop every copy; return how many. Problems: `no_cache`, `cache_unavailable`."""
        return await self._ask(self.cache.clear)

    async def _ask(self, ask: Callable[[], Awaitable[int]]) -> int:
        if not (self.settings.cache_url or self.settings.url):
            raise NoCacheGiven
        try:
            return await ask()
        except Exception as error:
            raise CacheUnavailable(private=type(error).__name__) from error
