"""What holds after an act, and which act a wish comes to."""

from datetime import timedelta

import pytest

from tests.support.world import START
from watchword.records.consents.rules import (
    NOTICE,
    Act,
    Deed,
    Purpose,
    Standing,
    Terms,
    deed_of,
    renewal_required,
    standing,
)

YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)
TERMS = Terms(purpose=Purpose.MARKETING, version=2, lasts=YEAR)


def act(deed: Deed = Deed.GRANTED, version: int = 2) -> Act:
    """Return an act of the very start."""
    return Act(
        number=1,
        purpose=Purpose.MARKETING,
        deed=deed,
        text_version=version,
        language="fr",
        at=START,
        address="203.0.113.7",
        channel="account",
    )


def after(age: timedelta, latest: Act | None) -> Standing:
    """Return what holds so long after an act."""
    return standing(TERMS, latest, START + age)


def test_nothing_is_consented_to_by_silence() -> None:
    assert not after(SECOND, None).given
    assert not after(SECOND, None).renewal_required


def test_a_consent_ends_when_it_is_too_old() -> None:
    assert after(YEAR - SECOND, act()).given
    assert not after(YEAR, act()).given
    assert after(YEAR, act()).ends_at == START + YEAR


def test_a_consent_is_to_be_renewed_from_a_month_before_its_end() -> None:
    assert not after(YEAR - NOTICE - SECOND, act()).renewal_required
    assert after(YEAR - NOTICE, act()).renewal_required
    assert after(YEAR * 3, act()).renewal_required


def test_a_newer_text_asks_for_a_renewal_at_once_and_ends_nothing() -> None:
    older = after(SECOND, act(version=1))
    assert (older.given, older.renewal_required, older.text_version) == (True, True, 1)


def test_what_was_withdrawn_is_never_to_be_renewed() -> None:
    withdrawn = after(YEAR * 3, act(Deed.WITHDRAWN, version=1))
    assert (withdrawn.given, withdrawn.renewal_required) == (False, False)


@pytest.mark.parametrize(
    ("latest", "age", "wish", "comes_to"),
    [
        (None, SECOND, Deed.GRANTED, Deed.GRANTED),
        (None, SECOND, Deed.WITHDRAWN, None),
        (None, SECOND, Deed.RENEWED, None),
        (act(), SECOND, Deed.GRANTED, None),
        (act(), SECOND, Deed.RENEWED, None),
        (act(), SECOND, Deed.WITHDRAWN, Deed.WITHDRAWN),
        (act(), YEAR, Deed.GRANTED, Deed.RENEWED),
        (act(), YEAR, Deed.RENEWED, Deed.RENEWED),
        (act(), YEAR, Deed.WITHDRAWN, Deed.WITHDRAWN),
        (act(version=1), SECOND, Deed.RENEWED, Deed.RENEWED),
        (act(Deed.WITHDRAWN), YEAR, Deed.RENEWED, None),
        (act(Deed.WITHDRAWN), SECOND, Deed.GRANTED, Deed.GRANTED),
    ],
)
def test_a_wish_comes_to_an_act_or_to_none(
    latest: Act | None, age: timedelta, wish: Deed, comes_to: Deed | None
) -> None:
    assert deed_of(wish, after(age, latest)) is comes_to


def test_where_processing_is_needed_its_absence_asks_for_it() -> None:
    absent = standing(Terms(purpose=Purpose.PROCESSING, version=1, lasts=YEAR), None, START)
    assert renewal_required([absent], needed=True)
    assert not renewal_required([absent], needed=False)
