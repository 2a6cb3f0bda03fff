"""Asking a manager by HTTPS: no redirect, no answer without end, and no word of it in what is told.

A read that finds nobody, or somebody who is busy, is tried once more; what changes something is not.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from watchword.kernel.managers import ManagerTrouble

_SECONDS: Final = 5.0
_MOST: Final = 1 << 20
_TRIES: Final = 2
_BUSY: Final = {429, 500, 502, 504}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a manager answered; an empty object where it was none."""

    status: int
    body: Mapping[str, Any]
    text: str = field(default="", repr=False)

    @property
    def good(self) -> bool:
        """Tell whether it did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of success


class Asker:
    """Asks one manager, whom `title` names in what is told."""

    def __init__(
        self, title: str, ca_path: str = "", *, seconds: float = _SECONDS, beside: bool = False
    ) -> None:
        """Trust the system's list, or who is in a file (PEM); no proxy leads to whoever is `beside` us.

        Problem: `ManagerTrouble`.
        """
        self._title = title
        self._seconds = seconds
        self._beside = beside
        try:
            self._tls = ssl.create_default_context(cafile=ca_path or None)
        except OSError as error:
            raise ManagerTrouble(f"{title}: {ca_path} holds no certificates") from error

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Ask. Problem: `ManagerTrouble`."""
        for left in reversed(range(_TRIES)):
            try:
                answer = self._once(method, url, headers, content)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                if not left:
                    name = type(error).__name__
                    raise ManagerTrouble(f"{self._title} is out of reach ({name})") from None
            else:
                if not left or answer.status not in _BUSY:
                    return answer
        raise AssertionError

    def _once(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        told = {"User-Agent": "Watchword", **headers}
        body = bytearray()
        with (
            httpx2.Client(
                timeout=self._seconds,
                verify=self._tls,
                follow_redirects=False,
                trust_env=not self._beside,
            ) as client,
            client.stream(method, url, headers=told, content=content) as head,
        ):
            for part in head.iter_bytes():
                body += part
                if len(body) > _MOST:
                    raise ManagerTrouble(f"{self._title} answers without end")
        return Answer(head.status_code, _object(bytes(body)), body.decode(errors="replace"))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
