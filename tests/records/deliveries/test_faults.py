"""A letter before a real mail server that fails in twelve ways, with a second server behind it."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.records.deliveries.test_deliveries import kept, queue
from tests.support.faulty_relay import (
    FAULTS,
    HANG,
    NAME,
    PASSWORD,
    WELL,
    WORDS,
    Fault,
    FaultyRelay,
    faulty_relay,
)
from tests.support.relay import certificate
from tests.support.world import World
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.kernel.chance import SystemChance
from watchword.kernel.secret import Secret
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.deliveries.service import Deliveries

SENT, ELSEWHERE, LATER, DEAD = "sent", "elsewhere", "later", "dead"
TABLE = {
    "refuses": ELSEWHERE,
    "hangs": ELSEWHERE,
    "421": ELSEWHERE,
    "450": ELSEWHERE,
    "550": DEAD,
    "552": DEAD,
    "drops after the dot": LATER,
    "keeps and drops": LATER,
    "is slow": SENT,
    "breaks TLS": ELSEWHERE,
    "greylists": ELSEWHERE,
    "refuses the password": ELSEWHERE,
}
SHORT, LONG = timedelta(seconds=2), timedelta(minutes=1)  # for who hangs; for who is well


@dataclass
class Town:
    """A world whose letters go to a faulty server, then to a good one."""

    world: World
    first: FaultyRelay
    second: FaultyRelay
    carriers: Mailing

    async def deliver(self) -> None:
        """Let the worker carry what is due."""
        while await replace(self.world.part(Deliveries), carriers=self.carriers).carry():
            pass

    def counted(self, result: str) -> float:
        """Return how many tries of the first server ended so."""
        metrics = self.world.part(Metrics)
        return metrics.emails.labels("first", "already_registered", result)._value.get()  # type: ignore[no-any-return]

    async def fate(self) -> str:
        """Return what became of the only letter."""
        if self.second.kept:
            return ELSEWHERE
        left = await kept(self.world)
        return {"dead": DEAD, "waiting": LATER}[left[0].state] if left else SENT


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's TLS and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    return certificate(folder)


def mailer(
    world: World, name: str, server: FaultyRelay, trusting: ssl.SSLContext, patience: timedelta
) -> SmtpMailer:
    relay = Relay(
        host="127.0.0.1",
        port=server.port,
        timeout=patience,
        tls=trusting,
        user=NAME,
        password=Secret(PASSWORD),
    )
    return SmtpMailer(relay, world.clock, name)


@pytest.fixture
async def town(
    small_world: World, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> AsyncIterator[Town]:
    """Yield a town."""
    serving, trusting = contexts
    async with faulty_relay(tls=serving) as first, faulty_relay(tls=serving) as second:
        mailers = [
            mailer(small_world, "first", first, trusting, SHORT),
            mailer(small_world, "second", second, trusting, LONG),
        ]
        metrics = small_world.part(Metrics)
        carriers = Mailing(mailers, small_world.clock, SystemChance(), metrics)
        yield Town(small_world, first, second, carriers)
        await carriers.close()


def test_every_fault_has_its_row() -> None:
    assert TABLE.keys() == FAULTS.keys()
    assert len(TABLE) == 12


async def test_before_a_server_that_is_well_a_letter_leaves_over_tls_by_name(town: Town) -> None:
    await queue(town.world)
    await town.deliver()

    assert await town.fate() == SENT
    assert (town.first.kept.total(), town.first.secured) == (1, {True: 1})


@pytest.mark.parametrize(("name", "fate"), TABLE.items())
async def test_what_becomes_of_a_letter(town: Town, name: str, fate: str) -> None:
    town.first.choose = lambda _recipient: FAULTS[name]
    await queue(town.world)
    await town.deliver()

    assert await town.fate() == fate
    assert town.second.kept.total() == (fate == ELSEWHERE)
    assert town.counted("unknown") == (fate == LATER)


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("MAIL", "550 5.7.1 sender rejected"),
        ("MAIL", "553 not your name"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("BODY", "550 5.4.5 daily limit exceeded"),
        ("BODY", "554 email address is not verified"),
    ],
)
async def test_whom_a_server_refuses_for_our_sake_the_next_one_takes_and_else_it_waits(
    town: Town, word: str, answer: str
) -> None:
    town.first.choose = town.second.choose = lambda _recipient: Fault(at=word, does=answer)
    await queue(town.world)
    await town.deliver()
    assert (await town.fate(), town.counted("failed")) == (LATER, 1)

    town.second.choose = lambda _recipient: WELL
    town.second.hang_up()
    town.world.clock.advance(timedelta(seconds=5))
    await town.deliver()
    assert await town.fate() == ELSEWHERE


@pytest.mark.parametrize("word", WORDS)
async def test_who_hangs_before_the_letter_is_passed_over_and_after_it_nobody_can_tell(
    town: Town, word: str
) -> None:
    town.first.choose = lambda _recipient: Fault(at=word, does=HANG)
    await queue(town.world)
    await town.deliver()

    assert await town.fate() == (LATER if word == "BODY" else ELSEWHERE)


@pytest.mark.parametrize(("name", "copies"), [("drops after the dot", 1), ("keeps and drops", 2)])
async def test_what_nobody_can_tell_of_comes_again_under_the_same_id_to_the_same_server(
    town: Town, name: str, copies: int
) -> None:
    town.first.choose = lambda _recipient: FAULTS[name]
    await queue(town.world)
    await town.deliver()
    town.first.choose = lambda _recipient: WELL
    town.world.clock.advance(timedelta(seconds=5))
    await town.deliver()

    assert await kept(town.world) == []
    assert [*town.first.kept.values()] == [copies]
    assert (town.counted("unknown"), town.counted("sent")) == (1, 1)
    assert not town.second.kept


async def test_who_is_greylisted_and_has_no_other_comes_back_and_is_taken(town: Town) -> None:
    town.first.choose = lambda _recipient: FAULTS["greylists"]
    town.second.choose = lambda _recipient: FAULTS["refuses"]
    await queue(town.world)
    await town.deliver()
    assert await town.fate() == LATER

    town.world.clock.advance(timedelta(seconds=7))
    await town.deliver()
    assert await town.fate() == SENT
    assert [*town.first.kept.values()] == [1]


async def test_who_is_too_slow_for_our_patience_before_the_letter_is_passed_over(
    town: Town,
) -> None:
    town.first.choose = lambda _recipient: Fault(wait=0.4)
    await queue(town.world)
    await town.deliver()

    assert await town.fate() == ELSEWHERE
    assert not town.first.kept
