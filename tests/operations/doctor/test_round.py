"""The doctor's round is made in one house, and says of each trouble whose it is."""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.world import environment
from watchword.app.building import open_house
from watchword.app.reading import reading_of
from watchword.app.settings import read
from watchword.operations.doctor.service import (
    CHECKS,
    AskProviders,
    LookAtDomain,
    LookAtEvents,
    examine,
)
from watchword.plumbing.carriers.carrier import CarrierHealth
from watchword.plumbing.commands.console import OpenHouse
from watchword.plumbing.commands.handed import handed
from watchword.plumbing.commands.reading import Read, Sections
from watchword.plumbing.findings import Finding, Outcome
from watchword.plumbing.house import House
from watchword.plumbing.probes import Step

IN_THE_HOUSE = ("migrations", "isolation", "clock", "events", "signals", "providers")


@dataclass(slots=True)
class Round:
    """A round of the doctor; `opened` and `closed` count the houses it wanted."""

    database_url: str
    folder: Path
    trouble: Exception | None = None  # of whoever looks at events
    locked: Exception | None = None  # of whoever opens the house
    opened: int = 0
    closed: int = 0

    async def make(self, wanted: Collection[str] = CHECKS) -> dict[str, Finding]:
        settings = {"PORT": str(free_port()), "PUBLIC_BASE_URL": "http://localhost:8000"}
        told = read(environment(self.database_url, **settings), cwd=self.folder)

        async def events(_house: House) -> list[Step]:
            if self.trouble is not None:
                raise self.trouble
            return []

        async def domain(_sections: Sections) -> list[Step]:
            return []

        async def providers() -> tuple[list[CarrierHealth], list[CarrierHealth]]:
            return [], []

        @asynccontextmanager
        async def opened() -> AsyncIterator[House]:
            self.opened += 1
            if self.locked is not None:
                raise self.locked
            async with open_house(told) as house:
                yield house
            self.closed += 1

        def open_one() -> AbstractAsyncContextManager[House]:
            return opened()

        hands = {
            OpenHouse: open_one,
            Read: lambda: reading_of(lambda: told),
            LookAtEvents: events,
            LookAtDomain: domain,
            AskProviders: providers,
        }
        with handed(hands):
            return {found.check: found async for found in examine(wanted)}


async def test_one_house_does_for_the_whole_round(sqlite_url: str, tmp_path: Path) -> None:
    made = Round(sqlite_url, tmp_path)
    found = await made.make()
    assert tuple(found) == CHECKS
    assert {each.outcome for each in found.values()} == {Outcome.OK}, found
    assert (made.opened, made.closed) == (1, 1)


async def test_a_round_that_asks_nothing_of_the_house_opens_none(
    sqlite_url: str, tmp_path: Path
) -> None:
    made = Round(sqlite_url, tmp_path)
    found = await made.make(("redis", "texts", "dns"))
    assert (len(found), made.opened) == (3, 0)


async def test_a_fault_of_ours_fails_by_its_own_name_and_the_round_goes_on(
    sqlite_url: str, tmp_path: Path
) -> None:
    made = Round(sqlite_url, tmp_path, trouble=KeyError("a word that is missing"))
    found = await made.make()
    assert found["events"].outcome is Outcome.FAILED
    assert found["events"].detail == "KeyError 'a word that is missing'"
    assert tuple(found) == CHECKS
    others = {each.outcome for check, each in found.items() if check != "events"}
    assert others == {Outcome.OK}


async def test_a_house_that_does_not_open_is_tried_once_and_the_rest_is_looked_at(
    sqlite_url: str, tmp_path: Path
) -> None:
    made = Round(sqlite_url, tmp_path, locked=ConnectionRefusedError("nobody listens"))
    found = await made.make()
    assert made.opened == 1
    assert found["database"].outcome is Outcome.FAILED
    assert found["database"].detail == "ConnectionRefusedError nobody listens"
    for check in IN_THE_HOUSE:
        assert found[check].outcome is Outcome.SKIPPED
        told = "the database is away: ConnectionRefusedError nobody listens"
        assert found[check].detail == told
    beside = set(CHECKS) - {"database", *IN_THE_HOUSE}
    assert {found[check].outcome for check in beside} == {Outcome.OK}
