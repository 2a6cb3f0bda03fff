"""Signals want an address and a key, and TLS beyond this machine."""

from datetime import timedelta

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development, production
from tests.support.risk import KEY, OTHER_KEY, sira
from watchword.operations.risk.rules import RiskSettings
from watchword.records.signals.rules import SignalSettings

EXAMPLE = "whsec_thisIsAnExampleKeyMakeYourOwnRandomOne000000"  # of docs/operate/risk.md
GIVEN = sira("https://sira.molam.id")


@pytest.mark.req("M-24")
def test_the_settings_of_the_seed_are_read_by_their_names(read: Read) -> None:
    settings = read(production(**GIVEN, SIRA_THRESHOLD_OTP_FAILURE_RATE="0.4"))
    signals, risk = settings.section(SignalSettings), settings.section(RiskSettings)
    assert (signals.enabled, signals.url) == (True, "https://sira.molam.id/signals")
    assert [key.reveal() for key in signals.keys] == [KEY]
    assert (risk.failure_rate, risk.least_codes) == (0.4, 10)
    assert (risk.code_window, risk.rest) == (timedelta(minutes=10), timedelta(minutes=30))


@pytest.mark.req("M-24", "D-62")
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SIRA_WEBHOOK_URL": ""}, "SIRA_WEBHOOK_URL"),
        ({"SIRA_WEBHOOK_SECRET": ""}, "SIRA_WEBHOOK_SECRET"),
        ({"SIRA_WEBHOOK_SECRET": EXAMPLE}, "SIRA_WEBHOOK_SECRET"),
        ({"SIRA_WEBHOOK_SECRET": "kept-elsewhere"}, "SIRA_WEBHOOK_SECRET"),
        ({"SIRA_WEBHOOK_SECRET": f"{KEY}|whsec_c2hvcnQ="}, "SIRA_WEBHOOK_SECRET"),
        ({"SIRA_WEBHOOK_URL": "http://sira.molam.id/signals"}, "SIRA_WEBHOOK_URL"),
        ({"SIRA_WEBHOOK_URL": "https://name:password@sira.molam.id"}, "SIRA_WEBHOOK_URL"),
        ({"SIRA_WEBHOOK_URL": "ftp://sira.molam.id"}, "SIRA_WEBHOOK_URL"),
        ({"SIRA_WEBHOOK_NETWORKS": "everywhere"}, "SIRA_WEBHOOK_NETWORKS"),
        ({"SIRA_COOLDOWN": "8d"}, "SIRA_COOLDOWN"),
        ({"SIRA_THRESHOLD_OTP_FAILURE_RATE": "40"}, "SIRA_THRESHOLD_OTP_FAILURE_RATE"),
        ({"SIRA_THRESHOLD_OTP_FAILURE_RATE": "nan"}, "SIRA_THRESHOLD_OTP_FAILURE_RATE"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_by_name(
    faults: Faults, given: dict[str, str], named: str
) -> None:
    ((name, sentence),) = faults(production(**{**GIVEN, **given})).items()
    assert name == named
    assert "kept-elsewhere" not in sentence
    assert "password@" not in sentence


def test_what_is_off_wants_nothing(read: Read) -> None:
    assert not read(production(SIRA_ENABLED="false")).section(SignalSettings).enabled


def test_a_receiver_on_this_machine_needs_no_tls(read: Read) -> None:
    given = sira("http://127.0.0.1:9000", SIRA_WEBHOOK_SECRET=f"{OTHER_KEY}|{KEY}")
    assert len(read(production(**given)).section(SignalSettings).keys) == 2
    assert read(development(**given)).section(SignalSettings).enabled
