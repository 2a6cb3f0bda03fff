"""No cache: everything is asked for where it is true."""

from datetime import timedelta


class NoCache:
    """Keeps nothing."""

    async def get(self, key: str) -> bytes | None:  # noqa: ARG002 - there is none
        """Return nothing."""
        return None

    async def put(self, key: str, value: bytes, lasts: timedelta) -> None:
        """Keep nothing."""

    async def count(self) -> int:
        """Return that there is none."""
        return 0

    async def clear(self) -> int:
        """Return that none went."""
        return 0
