"""Flagging: the flags that the code declares, found where the behaviours are."""

import contextlib
from collections.abc import Iterator

from watchword.app import slices
from watchword.app.wiring import House
from watchword.kernel.flags import Flag
from watchword.kernel.problems import Problem
from watchword.plumbing import offering
from watchword.plumbing.flags import Flags
from watchword.records.flags.service import Switches


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


async def take_flags(house: House) -> None:
    """Take what is switched before the first request; a database that is away is asked later, by a job."""
    with contextlib.suppress(Problem):
        await house.part(Switches).load()


def _written() -> Iterator[Flag]:
    modules = [offering, *(module for _, module in slices.modules("rules"))]
    for module in modules:
        yield from (each for each in vars(module).values() if isinstance(each, Flag))
