"""Flags: behaviours that operators switch while the service runs, declared where the behaviour is.

    Flag      its name, what it switches, and whether it is on where nobody said anything
    share     who of a hundred has it: 100 is on, 0 is off

Whoever is within a share stays within it, and within every larger one: their place among ten thousand is a
digest of the flag and of who they are. Another flag draws another lot.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

ON: Final = 100
OFF: Final = 0
_PLACES: Final = 10_000
_PERCENT: Final = re.compile(r"([0-9]{1,3})%")


@dataclass(frozen=True, slots=True)
class Flag:
    """One behaviour; `sentence` says what is so while it is on."""

    name: str
    sentence: str
    default: bool = True


def within(share: int, flag: str, who: str) -> bool:
    """Tell whether somebody is within a share of this flag."""
    if share in {ON, OFF}:
        return share == ON
    lot = int.from_bytes(sha256(f"{flag}\0{who}".encode()).digest()[:8], "big")
    return lot % _PLACES < share * (_PLACES // ON)


def share_of(text: str) -> int:
    """Read a share: `on`, `off` or `25%`; ValueError says how it is written."""
    word = text.strip().lower()
    if word in {"on", "off"}:
        return ON if word == "on" else OFF
    found = _PERCENT.fullmatch(word)
    if found is None or int(found[1]) > ON:
        message = "write on, off, or a share such as 25%"
        raise ValueError(message)
    return int(found[1])


def told(share: int) -> str:
    """Write a share as it is read."""
    return {ON: "on", OFF: "off"}.get(share, f"{share}%")
