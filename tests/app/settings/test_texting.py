"""Who carries texts, and whether they leave: decided in one place, from what the settings say."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.environments import development, production
from watchword.app.settings import SettingsRefused, read
from watchword.plumbing.settings import TextCarrying, TextSettings

TWILIO = {"TWILIO_SID": "AC1", "TWILIO_TOKEN": "kept-elsewhere", "TWILIO_PHONE": "+15005550006"}


@pytest.mark.parametrize(
    ("given", "names", "leaves"),
    [
        (production(), ("console",), False),
        (production(**TWILIO), ("twilio",), True),
        (development(), ("mailbox",), True),
        (development(**TWILIO), ("twilio",), True),
        (development(**TWILIO, SMS_SERVICE="console,twilio"), ("console", "twilio"), True),
        (development(**TWILIO, SMS_SERVICE="console"), ("console",), True),
        (development(APP_ENV="test"), ("console",), True),
    ],
)
def test_an_account_carries_texts_unless_others_are_named_and_a_developer_gets_them_anyway(
    given: dict[str, str], names: tuple[str, ...], leaves: bool, tmp_path: Path
) -> None:
    carrying = TextCarrying.of(read(given, cwd=tmp_path).section)
    assert (carrying.names, carrying.leaves) == (names, leaves)


def test_an_account_that_is_not_asked_reaches_nobody(tmp_path: Path) -> None:
    whole = TextCarrying.of(read(production(**TWILIO), cwd=tmp_path).section)
    at_home = replace(whole, settings=replace(whole.settings, services=("console",)))
    assert (whole.leaves, whole.abroad) == (True, ("twilio",))
    assert (at_home.leaves, at_home.abroad) == (False, ())


def test_what_is_said_of_all_texts_is_said_of_them_whoever_carries_them(tmp_path: Path) -> None:
    rules = {"SMS_ALLOWED_COUNTRIES": "dz, FR", "SMS_SENDERS": "DZ=NOVA"}
    settings = read(production(**rules), cwd=tmp_path).section(TextSettings)
    assert settings.countries == {"DZ", "FR"}
    assert settings.senders == {"DZ": "NOVA"}


def test_each_part_of_an_account_that_is_missing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(production(**{**TWILIO, "TWILIO_TOKEN": "", "TWILIO_PHONE": ""}), cwd=tmp_path)
    told = str(refused.value)
    for name in ("TWILIO_TOKEN", "TWILIO_PHONE"):
        sentence = "is missing; TWILIO_SID, TWILIO_TOKEN and TWILIO_PHONE belong together."
        assert f"{name} {sentence}" in told or f"{name}: {sentence}" in told
