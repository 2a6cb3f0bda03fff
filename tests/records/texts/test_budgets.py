"""Budgets of texts: nobody makes us send them to anywhere, or to many, at our cost."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records.texts.test_texts import ALGIERS, FACTS, PARIS, queue
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.plumbing.contact import PhoneNumber, described
from watchword.plumbing.db import queued
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.texts.rules import KIND, BudgetSettings, WithheldReason, barred, shares

HOUR = timedelta(hours=1)


def withheld(world: World, reason: str) -> float:
    return world.part(Metrics).texts_withheld.labels(reason)._value.get()  # type: ignore[no-any-return]


async def asked(world: World, numbers: Sequence[str]) -> list[bool]:
    return [await queue(world, to=number) for number in numbers]


@pytest.mark.req("D-61")
@pytest.mark.parametrize(
    ("budget", "numbers", "reason"),
    [
        ("SMS_BUDGET_RECIPIENT", [ALGIERS] * 3, "recipient"),
        ("SMS_BUDGET_PREFIX", [f"+21355012345{n}" for n in range(3)], "prefix"),
        ("SMS_BUDGET_COUNTRY", ["+213550120000", "+213661230001", "+213770123456"], "country"),
        ("SMS_BUDGET_HOUR", [ALGIERS, PARIS, "+447911123456"], "hour"),
        ("SMS_BUDGET_DAY", [ALGIERS, PARIS, "+447911123456"], "day"),
    ],
)
async def test_what_goes_beyond_a_budget_is_withheld_counted_and_told_and_comes_back_in_time(
    worlds: Opener, budget: str, numbers: list[str], reason: str
) -> None:
    async with worlds(**{budget: "2/3600000"}) as world:
        assert await asked(world, numbers) == [True, True, False]
        await world.deliver()

        assert [each.to for each in world.telephone.texts] == numbers[:2]
        assert withheld(world, reason) == 1
        [fact] = [
            row.facts for row in await world.database.all(FACTS) if row.type == "id.sms.withheld"
        ]
        country = described(numbers[2]).country
        assert fact == {"template": "texts.test.body", "country": country, "reason": reason}
        assert '"category":"security"' in world.log.getvalue()
        assert numbers[2] not in world.log.getvalue()

        world.clock.advance(HOUR + timedelta(minutes=1))
        assert await asked(world, numbers[2:]) == [True]


async def test_who_has_used_up_a_number_takes_nothing_from_the_budget_of_all(
    worlds: Opener,
) -> None:
    async with worlds(SMS_BUDGET_RECIPIENT="1/3600000", SMS_BUDGET_HOUR="2/3600000") as world:
        assert await asked(world, [ALGIERS, ALGIERS, ALGIERS, PARIS]) == [True, False, False, True]


async def test_no_text_goes_where_none_may_go(worlds: Opener) -> None:
    async with worlds(SMS_ALLOWED_COUNTRIES="FR") as world:
        assert await asked(world, [ALGIERS, PARIS]) == [False, True]
        await world.deliver()

        assert [each.to for each in world.telephone.texts] == [PARIS]
        assert withheld(world, "country_not_allowed") == 1


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+33612345678", None),
        ("+12025550143", None),
        ("+33899123456", WithheldReason.NO_MOBILE),
        ("+33123456789", WithheldReason.NO_MOBILE),
        ("+448001111111", WithheldReason.NO_MOBILE),
        ("+881612345678", WithheldReason.COUNTRY_NOT_ALLOWED),
        ("+883510012345678", WithheldReason.COUNTRY_NOT_ALLOWED),
    ],
)
def test_premium_numbers_and_those_of_no_country_are_refused_everywhere(
    number: str, reason: WithheldReason | None
) -> None:
    assert barred(described(number), frozenset()) is reason


async def test_a_withheld_text_leaves_the_queue_as_long_as_one_that_is_sent(world: World) -> None:
    await queue(world)
    await queue(world, to="+33899123456")

    assert await queued.depth(world.database, KIND) == 2


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True), st.sampled_from(["DZ", "FR"]))
def test_the_narrow_budgets_are_drawn_on_before_the_wide(number: str, country: str) -> None:
    found = shares(PhoneNumber(number, country, mobile=True), BudgetSettings())
    keys = [each.key for each in found]

    assert [each.reason for each in found] == [*WithheldReason][2:]
    assert keys[0] == number
    assert number.startswith(keys[1])
    assert len(keys[1]) == len(number) - 4
    assert keys[2:] == [country, "all", "all"]
