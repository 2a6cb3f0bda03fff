"""Secrets: they do not print, and we keep only a digest under a pepper that can rotate.

A token we issue reads `ww<kind>_<pepper version>_<43 base62 characters><6 of checksum>`: 256 bits
from the system generator, a prefix that leak scanners know, and a checksum that tells a typing
error from a forgery before any table is asked. What a table holds is
HMAC-SHA-256(pepper, purpose NUL part NUL part ...): 32 bytes, useless at another door.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from watchword.kernel.chance import Chance

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_BODY = 43
_CHECK = 6
_TOKEN = re.compile(r"ww([a-z]+)_([0-9]{1,4})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})")


class Secret:
    """Text that must not be seen: prints as [secret]; `reveal()` is the word to grep for."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap the text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        """Never the text."""
        return "[secret]"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return isinstance(other, Secret) and hmac.compare_digest(
            self._text.encode(), other._text.encode()
        )

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._text)

    def __len__(self) -> int:
        """Return the number of characters."""
        return len(self._text)


@dataclass(frozen=True, slots=True)
class Peppers:
    """The peppers that still verify, by version; new digests are made under `current`."""

    current: int
    keys: Mapping[int, bytes]

    def digest(self, purpose: str, *parts: str | bytes, version: int | None = None) -> bytes:
        """Return the 32-byte digest of the parts for one purpose; KeyError: version unknown."""
        spelled = (part.encode() if isinstance(part, str) else part for part in parts)
        message = b"\0".join((purpose.encode(), *spelled))
        return hmac.digest(
            self.keys[self.current if version is None else version], message, "sha256"
        )

    def __repr__(self) -> str:
        """Never the keys."""
        return f"Peppers(current={self.current}, versions={sorted(self.keys)})"


def base62(number: int, width: int) -> str:
    """Write a number in base 62, left-padded to `width` characters."""
    pairs = []
    for _ in range(0, width, 2):
        number, rest = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[rest])
    pairs.reverse()
    return "".join(pairs)[-width:]


def _checksum(stem: str) -> str:
    """Return six digits, three pairs of them; every request with a token looks at them."""
    rest, last = divmod(crc32(stem.encode()), len(_PAIRS))
    first, middle = divmod(rest, len(_PAIRS))
    return _PAIRS[first] + _PAIRS[middle] + _PAIRS[last]


def token_from(kind: str, version: int, entropy: bytes) -> Secret:
    """Spell 32 bytes of entropy as a token of that kind and pepper version."""
    stem = f"ww{kind}_{version}_{base62(int.from_bytes(entropy, 'big'), _BODY)}"
    return Secret(stem + _checksum(stem))


def mint_token(kind: str, peppers: Peppers, chance: Chance) -> Secret:
    """Return a fresh token of 256 bits."""
    return token_from(kind, peppers.current, chance.draw(32))


def token_entropy(text: str) -> bytes | None:
    """Return the 32 bytes that a token spells (see `token_version`); nothing when they are more."""
    number = 0
    for digit in text[-_BODY - _CHECK : -_CHECK]:
        number = number * len(_DIGITS) + _DIGITS.index(digit)
    return number.to_bytes(32, "big") if number < 1 << 256 else None


def token_version(kind: str, text: str) -> int | None:
    """Return the pepper version a token names, or nothing when it is not a token of that kind."""
    found = _TOKEN.fullmatch(text)
    if found is None or found[1] != kind:
        return None
    if _checksum(text[:-_CHECK]) != found[3]:
        return None
    return int(found[2])
