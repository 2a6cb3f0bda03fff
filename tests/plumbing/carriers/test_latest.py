"""What a process tells of its carriers, and how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from watchword.plumbing.carriers.carrier import Try, TryResult
from watchword.plumbing.carriers.latest import MANY, Latest, Untold

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAKEN = Try(carrier="smtp", result=TryResult.SENT)
REFUSED = Try(carrier="ses", result=TryResult.FAILED, reason="refused with 500")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_what_was_taken_is_told_once_in_five_seconds() -> None:
    untold = Untold()
    told = []
    for second in range(11):
        untold.note(TAKEN, after(second))
        told += [each.taken_at for each in untold.take()]
    assert told == [NOON, after(5), after(10)]


def test_each_refusal_is_told_with_its_reason_however_soon() -> None:
    untold = Untold()
    for second, reason in ((1, "refused with 500"), (2, "no answer in time")):
        untold.note(Try(carrier="ses", result=TryResult.UNKNOWN, reason=reason), after(second))
        [told] = untold.take()
        assert told == Latest(carrier="ses", refused_at=after(second), refusal=reason)


def test_many_readers_refused_in_a_row_are_told_until_something_is_taken_and_one_is_not() -> None:
    untold = Untold()
    for _ in range(3 * MANY):
        untold.note(REFUSED, NOON, "alice@example.org")
    assert not untold.take()[0].takes_nothing
    for number in range(1, MANY):
        untold.note(REFUSED, NOON, f"u{number}@example.org")
    [told] = untold.take()
    assert told.takes_nothing
    assert str(told.refusal).startswith("refused with 500; ")
    assert not replace(told, taken_at=after(1)).takes_nothing

    untold.note(replace(TAKEN, carrier="ses"), after(1))
    untold.note(REFUSED, after(2), "bob@example.org")
    assert untold.take()[0].refusal == "refused with 500"


def test_what_is_taken_after_a_refusal_is_told_at_once() -> None:
    untold = Untold()
    untold.note(TAKEN, NOON)
    untold.note(replace(REFUSED, carrier="smtp"), after(1))
    untold.note(TAKEN, after(2))
    assert untold.take()[0].taken_at == after(2)


def test_all_carriers_are_told_at_once_in_the_order_of_their_names_and_then_no_more() -> None:
    untold = Untold()
    untold.note(TAKEN, NOON)
    untold.note(REFUSED, NOON)
    assert [each.carrier for each in untold.take()] == ["ses", "smtp"]
    assert untold.take() == ()
