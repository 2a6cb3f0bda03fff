"""One canonical name for each setting, and the names that other systems have for it."""

from datetime import timedelta

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development, production
from watchword.plumbing.settings import LimitSettings, ServerSettings, SmtpSettings
from watchword.records.sessions.rules import SessionSettings
from watchword.records.signing_keys.rules import TokenSettings
from watchword.records.tickets.rules import TicketSettings

QUARTER, WEEK = timedelta(minutes=15), timedelta(days=7)


@pytest.mark.req("K-09", "R-33")
@pytest.mark.parametrize("name", ["JWT_EXPIRES_IN", "JWT_ACCESS_EXPIRES"])
@pytest.mark.parametrize(
    ("text", "life"), [("15m", QUARTER), ("900", QUARTER), ("5m", timedelta(minutes=5))]
)
def test_the_life_of_an_access_token_has_two_names_and_several_spellings(
    read: Read, name: str, text: str, life: timedelta
) -> None:
    assert read(development(**{name: text})).section(TokenSettings).lifetime == life


@pytest.mark.req("K-09", "R-33")
@pytest.mark.parametrize("name", ["JWT_REFRESH_EXPIRES_IN", "JWT_REFRESH_EXPIRES"])
@pytest.mark.parametrize(("text", "life"), [("7d", WEEK), ("604800", WEEK)])
def test_so_has_that_of_a_refresh_token(read: Read, name: str, text: str, life: timedelta) -> None:
    assert read(development(**{name: text})).section(SessionSettings).refresh_lifetime == life


@pytest.mark.req("K-09")
def test_untold_they_are_a_quarter_of_an_hour_a_week_and_a_day_in_milliseconds(read: Read) -> None:
    settings = read(development())

    assert settings.section(TokenSettings).lifetime == QUARTER
    assert settings.section(SessionSettings).refresh_lifetime == WEEK
    assert settings.texts["SESSION_DURATION"] == "86400000"
    assert settings.section(SessionSettings).lifetime == timedelta(days=1)
    minute = read(development(SESSION_DURATION="60000")).section(SessionSettings)
    assert minute.lifetime == timedelta(minutes=1)


@pytest.mark.req("K-09")
def test_a_life_in_another_form_is_refused_by_its_name(faults: Faults) -> None:
    assert "SESSION_DURATION" in faults(development(SESSION_DURATION="24h"))
    assert "JWT_EXPIRES_IN" in faults(development(JWT_EXPIRES_IN="a while"))


@pytest.mark.req("K-13")
@pytest.mark.parametrize("name", ["SMTP_PASSWORD", "SMTP_PASS"])
def test_the_password_of_the_relay_has_two_names(read: Read, name: str) -> None:
    given = production(SMTP_PASSWORD="") | {name: "kept-elsewhere"}

    assert read(given).section(SmtpSettings).password.reveal() == "kept-elsewhere"


@pytest.mark.req("K-13")
def test_its_two_names_must_agree(faults: Faults) -> None:
    told = faults(production(SMTP_PASS="another"))

    assert "SMTP_PASS in the environment" in told["SMTP_PASSWORD"]


@pytest.mark.req("K-16")
def test_a_code_lives_five_minutes_unless_told(read: Read) -> None:
    assert read(development()).section(TicketSettings).code_lifetime == timedelta(minutes=5)
    told = read(development(OTP_TTL_SECONDS="90")).section(TicketSettings)
    assert told.code_lifetime == timedelta(seconds=90)


@pytest.mark.req("K-50")
@pytest.mark.parametrize("name", ["FRONTEND_URL", "NEXTAUTH_URL"])
def test_links_lead_to_the_front_end_where_there_is_one(read: Read, name: str) -> None:
    told = read(production(**{name: "https://app.example.org"})).section(ServerSettings)

    assert told.pages_url == "https://app.example.org"
    assert told.public_url == "https://auth.example.org"


@pytest.mark.req("K-50")
def test_else_to_our_own_pages(read: Read) -> None:
    assert read(production()).section(ServerSettings).pages_url == "https://auth.example.org"


@pytest.mark.req("K-52")
@pytest.mark.parametrize(
    ("profile", "language"),
    [("nova", "fr"), ("ariya", "en"), ("romapi", "en"), ("molam", "en"), ("generic", "en")],
)
def test_the_language_of_those_who_name_none_is_the_profiles(
    read: Read, profile: str, language: str
) -> None:
    server = read(development(APP_PROFILE=profile)).section(ServerSettings)

    assert server.default_language == language


@pytest.mark.req("M-46")
@pytest.mark.parametrize("rule", ["api", "auth", "otp", "upload", "page", "webhook", "letters"])
def test_every_limit_has_a_setting(read: Read, rule: str) -> None:
    rules = read(development(**{f"RATE_LIMIT_{rule.upper()}": "7/1000"})).section(LimitSettings)

    assert str(rules.rules[rule]) == "7/1000"
    assert set(rules.rules) == {"api", "auth", "otp", "upload", "page", "webhook", "letters"}


@pytest.mark.req("K-32")
def test_metrics_are_switched_by_two_names_and_stand_at_the_services_port_unless_told(
    read: Read,
) -> None:
    for name in ("METRICS_ENABLED", "ENABLE_METRICS"):
        assert not read(development(**{name: "false"})).section(ServerSettings).metrics_enabled
    ports = {
        profile: read(development(APP_PROFILE=profile)).section(ServerSettings).metrics_port
        for profile in ("nova", "ariya", "romapi", "molam", "generic")
    }
    assert ports == {"nova": None, "ariya": None, "romapi": None, "molam": None, "generic": 9090}
    assert read(development(METRICS_PORT="9464")).section(ServerSettings).metrics_port == 9464
