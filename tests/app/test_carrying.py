"""Carrying: who we say that we are, to a relay that is told a letter."""

from pathlib import Path

import pytest

from tests.support.environments import development
from tests.support.letter import LETTER
from tests.support.relay import relay
from watchword.app import settings
from watchword.app.carrying import Abroad
from watchword.app.wiring import House
from watchword.kernel.clock import Clock, SystemClock


@pytest.mark.parametrize(
    ("given", "greeting"),
    [
        ({"PUBLIC_BASE_URL": "https://id.nova-rdv.dz:8443"}, "id.nova-rdv.dz"),
        ({"PUBLIC_BASE_URL": "https://192.0.2.7"}, "[192.0.2.7]"),
        ({"PUBLIC_BASE_URL": "https://[2001:db8::7]"}, "[IPv6:2001:db8::7]"),
        ({"PUBLIC_BASE_URL": "https://clinique-été.example"}, "xn--clinique-t-j7ab.example"),
        ({"PUBLIC_BASE_URL": "https://id.x.dz", "SMTP_EHLO_NAME": "mail1.x.dz"}, "mail1.x.dz"),
        ({"SMTP_EHLO_NAME": "192.0.2.7"}, "[192.0.2.7]"),
        ({}, "localhost"),
    ],
)
async def test_a_relay_is_greeted_by_our_public_name_or_the_one_that_was_given(
    tmp_path: Path, given: dict[str, str], greeting: str
) -> None:
    async with relay() as server:
        told = {"EMAIL_SERVICE": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.port)}
        house = House(settings.read(development(**told, **given), cwd=tmp_path).sections)
        house.put(Clock, SystemClock())
        [mailer] = Abroad(house).mailers()
        await mailer.send(LETTER)
        await mailer.close()  # type: ignore[attr-defined]
    assert server.greetings == [greeting]


@pytest.mark.parametrize(
    "name", ["two words", "-x.example", "a..example", "x/y", "é\u202e.example"]
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(settings.SettingsRefused):
        settings.read(development(SMTP_EHLO_NAME=name), cwd=tmp_path)
