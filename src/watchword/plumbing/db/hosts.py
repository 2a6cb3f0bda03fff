"""Several hosts in one URL, as libpq writes them: postgresql://user@one:5432,two:5432/name.

    one_by_one   the URL of each        Hosts   in which order they are tried: who took us last goes first

One of them is the primary, the others follow it; which one it is may change. Each gets the whole patience of
a connection, so that a machine that is silently gone hides no other one; and a server that only follows is
passed over, unless the URL itself says otherwise (`target_session_attrs`).
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

_WHICH: Final = "target_session_attrs="


def one_by_one(url: str) -> tuple[str, ...]:
    """Return the URL of each host; the URL itself when there is one."""
    scheme, colon, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    who, at, hosts = netloc.rpartition("@")
    return tuple(f"{scheme}{colon}{who}{at}{host}{slash}{path}" for host in hosts.split(","))


class Hosts:
    """The hosts of one URL."""

    def __init__(self, url: str) -> None:
        """Begin with the first."""
        urls = one_by_one(url)
        self._urls = urls if len(urls) == 1 else tuple(map(_primary, urls))

    def __iter__(self) -> Iterator[str]:
        """Return their URLs, the one to try first first."""
        return iter(self._urls)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._urls)

    def took(self, url: str) -> None:
        """Remember who took us."""
        if self._urls[0] != url:
            self._urls = (url, *(each for each in self._urls if each != url))


def _primary(url: str) -> str:
    """Ask for the primary, unless something else is asked for."""
    if _WHICH in url:
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{_WHICH}primary"
