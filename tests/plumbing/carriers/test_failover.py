"""Carriers: one after another until one takes the letter, and never two of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.support.letter import LETTER
from tests.support.world import StoppedClock
from watchword.adapters.mail.turns import Turns
from watchword.kernel.chance import SystemChance
from watchword.kernel.messages import CODE, Message
from watchword.kernel.ports import NotAccepted, Undelivered, Unfit
from watchword.plumbing.carriers.breaker import FAILURES
from watchword.plumbing.carriers.carrier import TryResult
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.metrics.counting import Metrics

AWAY = NotAccepted("away")
NOT_HIM = NotAccepted("refused with 450 4.2.0", of_reader=True)
NO_SUCH = NotAccepted("refused with 550", lasting=True)
SILENT = Undelivered("ReadTimeout")
CANNOT = Unfit("knows no SMTPUTF8")


@dataclass
class Fake:
    """A carrier that does what it is told, and counts how often it was asked."""

    name: str
    trouble: Exception | None = None
    asked: list[str] = field(default_factory=list)
    looked_at: int = 0

    async def send(self, message: Message) -> str | None:
        """Take the message, or not."""
        self.asked.append(message.id)
        if self.trouble is not None:
            raise self.trouble
        return f"{self.name}-1"

    async def check(self) -> str | None:
        """Say how it is."""
        self.looked_at += 1
        return None if self.trouble is None else str(self.trouble)


class Town:
    """Carriers, a clock and what was counted."""

    def __init__(self, *troubles: Exception | None) -> None:
        names = ("first", "second", "third")
        self.clock, self.metrics = StoppedClock(), Metrics("0", "generic", "")
        self.mailers = [Fake(name, trouble) for name, trouble in zip(names, troubles, strict=False)]
        self.carriers = Mailing(self.mailers, self.clock, SystemChance(), self.metrics)

    @property
    def asked(self) -> list[int]:
        """Return how often each was asked."""
        return [len(each.asked) for each in self.mailers]

    def counted(self, provider: str, result: str) -> float:
        """Return a count of letters."""
        return self.metrics.emails.labels(provider, "verification", result)._value.get()  # type: ignore[no-any-return]


def results(tries: Sequence[object]) -> list[tuple[str, str]]:
    return [(each.carrier, each.result.value) for each in tries]  # type: ignore[attr-defined]


@pytest.mark.req("N-28", "K-15")
async def test_what_the_first_does_not_take_the_second_gets_and_both_are_counted() -> None:
    town = Town(AWAY, None, None)
    handover = await town.carriers.send(LETTER)

    assert results(handover.tries) == [("first", "failed"), ("second", "sent")]
    assert handover.sent is not None
    assert handover.sent.reference == "second-1"
    assert town.asked == [1, 1, 0]
    assert (town.counted("first", "failed"), town.counted("second", "sent")) == (1, 1)


async def test_what_is_refused_for_itself_goes_to_nobody_else() -> None:
    town = Town(NO_SUCH, None)
    handover = await town.carriers.send(LETTER)

    assert handover.hopeless
    assert town.asked == [1, 0]
    assert town.counted("first", "refused") == 1


async def test_of_what_nobody_can_tell_nobody_else_gets_a_copy() -> None:
    town = Town(SILENT, None)
    handover = await town.carriers.send(LETTER)

    assert (handover.sent, handover.hopeless) == (None, False)
    assert town.asked == [1, 0]
    assert town.counted("first", "unknown") == 1
    assert town.mailers[0].asked == [LETTER.id]


async def test_who_cannot_carry_a_letter_leaves_it_to_another_and_is_not_blamed() -> None:
    town = Town(CANNOT, None)
    for _ in range(FAILURES + 1):
        handover = await town.carriers.send(LETTER)
        assert results(handover.tries) == [("first", "unfit"), ("second", "sent")]


async def test_who_does_not_take_one_reader_for_now_leaves_them_to_the_next_and_is_not_blamed() -> (
    None
):
    town = Town(NOT_HIM, None)
    for _ in range(FAILURES + 1):
        handover = await town.carriers.send(LETTER)
        assert results(handover.tries) == [("first", "deferred"), ("second", "sent")]
    town.mailers[1].trouble = AWAY
    handover = await town.carriers.send(LETTER)
    assert (handover.hopeless, handover.untried) == (False, False)


async def test_an_answer_about_one_reader_is_an_answer_and_ends_the_rest_of_who_gives_it() -> None:
    town = Town(AWAY)
    for _ in range(FAILURES):
        await town.carriers.send(LETTER)
    assert town.carriers.all_rest()

    town.clock.advance(timedelta(seconds=40))
    town.mailers[0].trouble = NOT_HIM
    for _ in range(3):
        await town.carriers.send(LETTER)
    assert town.asked == [FAILURES + 3]


async def test_after_a_rest_what_was_tried_before_lets_something_new_go_first() -> None:
    town = Town(AWAY)
    for _ in range(FAILURES):
        await town.carriers.send(LETTER)
    rest_until = (await town.carriers.send(LETTER)).rest_until
    assert rest_until is not None
    town.clock.advance(rest_until - town.clock.now())
    handover = await town.carriers.send(LETTER, tried=True)
    assert handover.untried
    assert handover.rest_until == rest_until + timedelta(seconds=5)

    town.mailers[0].trouble = None
    assert (await town.carriers.send(LETTER)).sent
    assert (await town.carriers.send(LETTER, tried=True)).sent


@pytest.mark.parametrize("trouble", [RuntimeError("a fault"), ValueError("another")])
async def test_a_carrier_with_a_fault_does_not_take_us_down(trouble: Exception) -> None:
    handover = await Town(trouble, None).carriers.send(LETTER)
    assert handover.tries[-1].result is TryResult.UNKNOWN
    assert handover.reason.startswith("first: ")


async def test_who_fails_five_times_in_a_row_is_left_alone_then_asked_once() -> None:
    town = Town(AWAY, None)
    for _ in range(FAILURES + 3):
        await town.carriers.send(LETTER)
    assert town.asked == [FAILURES, FAILURES + 3]

    town.clock.advance(timedelta(seconds=40))
    for _ in range(3):
        await town.carriers.send(LETTER)
    assert town.asked[0] == FAILURES + 1


async def test_who_is_well_again_is_the_first_again() -> None:
    town = Town(AWAY, None)
    for _ in range(FAILURES):
        await town.carriers.send(LETTER)
    town.clock.advance(timedelta(seconds=40))
    town.mailers[0].trouble = None
    for _ in range(2):
        handover = await town.carriers.send(LETTER)
        assert results(handover.tries) == [("first", "sent")]


async def test_who_is_busy_is_asked_again_when_they_said() -> None:
    town = Town(NotAccepted("refused with 429", retry_after=timedelta(seconds=90)), None)
    await town.carriers.send(LETTER)
    town.clock.advance(timedelta(seconds=89))
    await town.carriers.send(LETTER)
    assert town.asked == [1, 2]

    town.clock.advance(timedelta(seconds=1))
    await town.carriers.send(LETTER)
    assert town.asked == [2, 3]


async def test_while_all_of_them_rest_nobody_is_asked_and_we_know_until_when() -> None:
    town = Town(
        NotAccepted("refused with 429", retry_after=timedelta(seconds=90)),
        NotAccepted("refused with 429", retry_after=timedelta(seconds=20)),
    )
    first, second = await town.carriers.send(LETTER), await town.carriers.send(LETTER)

    assert first.retry_after == timedelta(seconds=20)
    assert second.untried
    assert second.rest_until == town.clock.now() + timedelta(seconds=20)


async def test_what_the_others_cannot_carry_waits_for_the_one_that_rests() -> None:
    town = Town(NotAccepted("refused with 429", retry_after=timedelta(seconds=20)), CANNOT)
    await town.carriers.send(LETTER)
    for _ in range(FAILURES + 1):
        handover = await town.carriers.send(LETTER)
        assert results(handover.tries) == [("second", "unfit")]
        assert (handover.hopeless, handover.untried) == (False, True)
        assert handover.rest_until == town.clock.now() + timedelta(seconds=20)


async def test_what_none_of_them_can_carry_is_hopeless() -> None:
    handover = await Town(CANNOT, CANNOT).carriers.send(LETTER)
    assert (handover.hopeless, handover.untried) == (True, False)


async def test_one_of_them_may_be_asked_alone_be_it_resting_or_not() -> None:
    town = Town(None, AWAY)
    for _ in range(FAILURES + 1):
        handover = await town.carriers.send(LETTER, only="second")
        assert results(handover.tries) == [("second", "failed")]
    assert town.asked == [0, FAILURES + 1]


@pytest.mark.parametrize("trouble", [AWAY, SILENT, CANNOT, NO_SUCH])
async def test_who_may_have_a_letter_is_asked_alone_whatever_they_answer(
    trouble: Exception,
) -> None:
    town = Town(None, trouble, None)
    handover = await town.carriers.send(LETTER, perhaps_at="second")

    assert [each.carrier for each in handover.tries] == ["second"]
    assert town.asked == [0, 1, 0]


async def test_while_who_may_have_a_letter_rests_nobody_is_asked_and_we_know_until_when() -> None:
    town = Town(
        NotAccepted("refused with 429", retry_after=timedelta(seconds=20)),
        NotAccepted("refused with 429", retry_after=timedelta(seconds=90)),
        None,
    )
    await town.carriers.send(LETTER)
    handover = await town.carriers.send(LETTER, perhaps_at="second")

    assert handover.untried
    assert handover.rest_until == town.clock.now() + timedelta(seconds=90)
    assert town.asked == [1, 1, 1]


async def test_when_who_may_have_a_letter_is_gone_the_others_are_asked() -> None:
    town = Town(AWAY, None)
    handover = await town.carriers.send(LETTER, perhaps_at="another")

    assert results(handover.tries) == [("first", "failed"), ("second", "sent")]


async def test_who_may_have_a_letter_is_who_left_us_in_doubt() -> None:
    assert (await Town(AWAY, SILENT).carriers.send(LETTER)).perhaps_at == "second"
    assert (await Town(AWAY, None).carriers.send(LETTER)).perhaps_at is None


async def test_how_they_are_is_asked_once_in_a_while_however_often_we_are_asked() -> None:
    town = Town(None, AWAY)
    for _ in range(100):
        seen = await town.carriers.standing()
        assert [each.words for each in seen] == ["available", "unavailable (away)"]
    assert town.mailers[0].looked_at == 1

    town.clock.advance(timedelta(seconds=15))
    await town.carriers.standing()
    assert town.mailers[0].looked_at == 2


@dataclass
class Narrow(Fake):
    """A carrier that takes one letter at a time."""

    turns: Turns = field(default_factory=lambda: Turns(1))

    @asynccontextmanager
    async def turn(self, urgency: int) -> AsyncIterator[object]:
        """Wait until it is free."""
        async with self.turns.turn(urgency):
            yield self.send


class Hurried(Mailing):
    """Carriers whose turns nobody waits for long."""

    turn_seconds = 0.02


def hurried(*mailers: Fake) -> Hurried:
    return Hurried(mailers, StoppedClock(), SystemChance(), Metrics("0", "generic", ""))


async def test_whose_turn_does_not_come_is_not_blamed_and_the_next_is_asked() -> None:
    busy, next_one = Narrow("busy"), Fake("next")
    carriers = hurried(busy, next_one)
    async with busy.turn(CODE):
        for _ in range(FAILURES + 1):
            handover = await carriers.send(LETTER)
            assert results(handover.tries) == [("next", "sent")]
    assert results((await carriers.send(LETTER)).tries) == [("busy", "sent")]


async def test_when_no_turn_comes_the_letter_was_not_tried() -> None:
    busy = Narrow("busy")
    carriers = hurried(busy)
    async with busy.turn(CODE):
        handover = await carriers.send(LETTER)
    assert (handover.untried, handover.hopeless, handover.unasked) == (True, False, ("busy",))
    assert not carriers.all_rest()


async def test_whoever_began_to_rest_while_we_waited_for_it_is_not_asked() -> None:
    town = Town()
    busy = Narrow("busy", NotAccepted("refused with 429", retry_after=timedelta(seconds=20)))
    carriers = Mailing([busy], town.clock, SystemChance(), town.metrics)
    handovers = await asyncio.gather(*(carriers.send(LETTER) for _ in range(3)))
    assert [each.untried for each in handovers] == [False, True, True]
    assert len(busy.asked) == 1
