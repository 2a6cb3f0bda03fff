"""The sender of letters, as the mailbox of their reader shows it."""

import asyncio
from pathlib import Path

import pytest

from tests.support.services import SmtpSink
from tests.support.world import PASSWORD, environment
from watchword.app.building import open_house
from watchword.app.settings import read
from watchword.flows.registration.rules import Application
from watchword.flows.registration.service import Registration
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.words.languages import CHOSEN, Spoken
from watchword.records.deliveries.service import Deliveries

VISITOR = Visitor(address="a", network="a", user_agent="", language="fr", request_id="r")


@pytest.mark.parametrize(
    ("told", "sender"),
    [
        pytest.param(
            {"SMTP_FROM_EMAIL": "noreply@nova-rdv.dz", "SMTP_FROM_NAME": "NOVA RDV"},
            "NOVA RDV <noreply@nova-rdv.dz>",
            marks=pytest.mark.req("N-10"),
        ),
        pytest.param(
            {"EMAIL_FROM": "ROMAPI <noreply@romapi.com>"},
            "ROMAPI <noreply@romapi.com>",
            marks=pytest.mark.req("R-34"),
        ),
        pytest.param(
            {"SMTP_FROM": "noreply@ariya.com"}, "noreply@ariya.com", marks=pytest.mark.req("K-14")
        ),
    ],
)
async def test_a_letter_comes_from_the_sender_of_the_settings(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink, told: dict[str, str], sender: str
) -> None:
    relay = {"SMTP_HOST": smtp_sink.host, "SMTP_PORT": str(smtp_sink.port)}
    settings = read(environment(sqlite_url, **relay, **told), cwd=tmp_path)
    application = Application(
        email=email_address("alice@example.org"),
        password=Secret(PASSWORD),
        given_name="Alice",
        family_name="Benali",
        phone=None,
        speaks=Spoken("fr", CHOSEN),
    )
    async with open_house(settings) as house:
        await house.part(Registration).register(application, VISITOR)
        await house.part(Deliveries).carry()
        (letter,) = await asyncio.to_thread(smtp_sink.wait_for, 1)
    assert letter.message["From"] == sender
    assert letter.sender == email_address(sender.rpartition("<")[2].strip(">")).text
