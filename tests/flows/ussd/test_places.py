"""Where a post stands in its session, whatever a gateway, or somebody in its place, posts."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from watchword.flows.ussd.rules import (
    MOST_INPUTS,
    Deed,
    Place,
    Step,
    opening,
    over,
    place,
    turn,
)
from watchword.kernel.digits import as_sent
from watchword.plumbing.ussd.gateway import Dialled
from watchword.records.ussd_sessions.rules import Kept

INPUTS = st.lists(st.text("0123456789#ab ", max_size=6), max_size=MOST_INPUTS - 1)


def digest(typed: str) -> bytes:
    return sha256(typed.encode()).digest()


def kept(inputs: list[str]) -> Kept:
    return Kept(consumed=len(inputs), typed_digest=digest("*".join(inputs)), state=b"")


def dialled(inputs: list[str]) -> Dialled:
    return Dialled(session_id="1", number="+221770123456", service_code="*1#", inputs=tuple(inputs))


def where(posted: list[str], seen: list[str]) -> Place:
    return place(dialled(posted), kept(seen), digest)


@given(INPUTS, st.text("0123456789", max_size=6))
def test_one_more_input_is_the_next_step_and_the_same_are_the_same(
    seen: list[str], one: str
) -> None:
    assert where(seen, seen) is Place.SAME
    assert where([*seen, one], seen) is Place.NEXT


@given(INPUTS, INPUTS)
def test_anything_else_is_astray(seen: list[str], posted: list[str]) -> None:
    found = where(posted, seen)
    if found is Place.SAME:
        assert posted == seen
    elif found is Place.NEXT:
        assert posted[:-1] == seen
    else:
        assert found is Place.ASTRAY


@given(INPUTS)
def test_a_session_that_is_not_known_begins_with_nothing_typed(posted: list[str]) -> None:
    found = place(dialled(posted), None, digest)
    assert found is (Place.ASTRAY if posted else Place.FIRST)


def test_no_session_takes_more_inputs_than_the_most() -> None:
    seen = ["0"] * MOST_INPUTS
    assert where([*seen, "0"], seen) is Place.ASTRAY


@given(INPUTS)
def test_whatever_is_typed_a_pin_is_chosen_only_by_way_of_a_code_that_was_proven(
    typed: list[str],
) -> None:
    state, before, proven = opening("fr"), "", False
    for text in typed:
        wanted = turn(state, text, before)
        proven = proven or wanted.deed is Deed.PROVE
        assert proven or wanted.deed not in {Deed.SCREEN, Deed.CHOOSE}
        if wanted.deed is Deed.CHOOSE:
            assert as_sent(text) == as_sent(before)
            assert wanted.state.step is Step.OVER
        state, before = wanted.state, text


def test_what_is_over_holds_no_grant_and_stays_over() -> None:
    ended = over(opening("en"), "done")
    assert ended.grant == ""
    assert turn(ended, "1").state.step is Step.OVER
