"""The letter with a code for a PIN: another kind than that of a code to sign in."""

import pytest

from tests.support.worlds import Opener
from watchword.plumbing.letters.writing import Letters
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries

ALICE = "alice@example.org"
KINDS = ("login/sign_in_code", "pin_reset/pin_code")


@pytest.mark.req("M-42")
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
async def test_two_kinds_of_code_have_two_subjects_and_one_sender(
    small_worlds: Opener, language: str
) -> None:
    async with small_worlds(EMAIL_FROM="noreply@molam.id") as world:
        forms, now = world.part(Letters).forms, world.clock.now()
        async with world.database.transaction() as tx:
            for kind in KINDS:
                facts = dict(forms[kind].sample)
                letter = Letter(template=kind, to=ALICE, language=language, facts=facts)
                await world.part(Deliveries).queue(tx, letter, now)
        sent = await world.letters(ALICE)
    assert {message.sender for message in sent} == {"noreply@molam.id"}
    assert len({message.subject for message in sent}) == len(KINDS)
    assert len({message.text for message in sent}) == len(KINDS)
