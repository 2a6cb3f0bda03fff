"""Told: what a provider says, read here alone, into values that may go anywhere.

    JSON       as RFC 8259 has it: every text is Unicode (no half of a surrogate pair), every number finite,
               nothing nested without end
    token      signs that a header may carry (RFC 6749, appendix A)
    address    a URL as RFC 3986 writes it: no space, no line break, nothing beyond ASCII
    subject    at most 255 signs that can be printed
    word       what it may leave out; of another kind, or of no sensible length, it counts as left out

Whatever else a provider says vouches for nobody.
"""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from watchword.kernel.identity import NotVouched

_LONGEST_SUBJECT: Final = 255
_LONGEST_WORD: Final = 512
_NEVER_IN_A_URL: Final = frozenset(' "<>\\^`{|}')


def read_json(body: bytes) -> Any:
    """Return what a body says; nothing where it is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def as_object(told: Any) -> dict[str, Any]:
    """Return an answer that is an object. Problem: `NotVouched`."""
    if not isinstance(told, dict):
        raise NotVouched("no_object")
    return told


def as_text(told: dict[str, Any], name: str) -> str:
    """Return a text of an answer that it must have. Problem: `NotVouched`."""
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise NotVouched(f"no_{name}")
    return value


def as_token(told: dict[str, Any], name: str) -> str:
    """Return a token of an answer that it must have. Problem: `NotVouched`."""
    token = as_text(told, name)
    if not (token.isascii() and token.isprintable()):
        raise NotVouched(f"no_{name}")
    return token


def as_address(told: dict[str, Any], name: str, *, secure: bool) -> str:
    """Return an address of an answer that it must have; `secure`: by https. Problem: `NotVouched`."""
    url = as_text(told, name)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise NotVouched(f"no_{name}") from None
    written = url.isascii() and url.isprintable() and _NEVER_IN_A_URL.isdisjoint(url)
    schemes = {"https"} if secure else {"https", "http"}
    leads = parts.scheme in schemes and parts.hostname and not (parts.username or parts.fragment)
    if not (written and leads):
        raise NotVouched(f"no_{name}")
    return url


def as_subject(value: Any) -> str:
    """Return whom an answer is about. Problem: `NotVouched`."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_SUBJECT:
        raise NotVouched("subject")
    if not value.isprintable():
        raise NotVouched("subject")
    return value


def as_word(told: dict[str, Any], name: str) -> str:
    """Return a text of an answer that it may have; an empty one where it has none."""
    value = told.get(name)
    return value if isinstance(value, str) and len(value) <= _LONGEST_WORD else ""
