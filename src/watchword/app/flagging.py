"""Flagging: the flags that the code declares, found where the behaviours are."""

from collections.abc import Iterator

from watchword.app import slices
from watchword.app.wiring import House
from watchword.kernel.flags import Flag
from watchword.plumbing import offering
from watchword.plumbing.flags import Flags


def declared() -> dict[str, Flag]:
    """Return every flag by its name; TypeError: a name has two meanings."""
    found: dict[str, Flag] = {}
    for flag in _written():
        if found.setdefault(flag.name, flag) != flag:
            message = f"{flag.name}: a flag must have one meaning"
            raise TypeError(message)
    return found


def put_flags(house: House) -> None:
    """Put in the board, every flag at its default."""
    house.put(Flags, Flags(declared().values()))


def _written() -> Iterator[Flag]:
    modules = [offering, *(module for _, module in slices.modules("rules"))]
    for module in modules:
        yield from (each for each in vars(module).values() if isinstance(each, Flag))
