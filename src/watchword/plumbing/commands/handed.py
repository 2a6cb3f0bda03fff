"""Handed: what only `app` can do for a command (open the house, read the settings), by its type.

    with handed({OpenHouse: open_it, Read: read_it}):    the program's root; a test hands its own
        in_hand(Read)()                                    within: whichever command runs

So no command knows how, and when the block ends nothing is left of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # PEP 747: an abstract type, too

Part = TypeVar("Part")

_hands: ContextVar[Mapping[Any, Any]] = ContextVar("handed")


@contextmanager
def handed(parts: Mapping[Any, Any]) -> Iterator[None]:
    """Hand these to whatever runs in the block."""
    before = _hands.set(parts)
    try:
        yield
    finally:
        _hands.reset(before)


def in_hand(kind: "TypeForm[Part]") -> Part:
    """Return what was handed of that type. LookupError: nobody handed it."""
    part: Part = _hands.get()[kind]
    return part
