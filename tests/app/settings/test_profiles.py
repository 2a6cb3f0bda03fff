"""Profiles: the defaults of the five seed systems, and of no other kind."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import CLINIC, development, production
from watchword.app.settings import catalogue, profiles
from watchword.kernel.limits import Limit
from watchword.plumbing.settings import (
    DatabaseSettings,
    LimitSettings,
    LogSettings,
    OrganisationSettings,
    SecretSettings,
    ServerSettings,
)
from watchword.plumbing.settings.server import DEVELOPMENT, PRODUCTION, PROFILES, STAGING, TEST
from watchword.records.passwords.rules import PasswordSettings
from watchword.records.resets.rules import ResetSettings


@pytest.mark.req("K-01", "K-39")
@pytest.mark.parametrize(
    ("profile", "port", "service"),
    [
        ("nova", 3000, "nova-rdv-auth"),
        ("ariya", 3000, "ariya"),
        ("romapi", 3001, "auth-service"),
        ("molam", 8085, "molam-id-password-reset"),
        ("generic", 3000, "auth-api"),
    ],
)
def test_a_profile_brings_its_port_and_its_name(
    read: Read, profile: str, port: int, service: str
) -> None:
    server = read(development(APP_PROFILE=profile)).section(ServerSettings)

    assert (server.port, server.service_name) == (port, service)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_number_resets_at_once_in_development_and_a_day_later_in_production(
    read: Read, profile: str
) -> None:
    here = read(development(APP_PROFILE=profile)).section(ResetSettings)
    there = read(production(APP_PROFILE=profile, **CLINIC)).section(ResetSettings)

    assert (here.number_rests, there.number_rests) == (timedelta(0), timedelta(hours=24))


def test_a_profile_changes_defaults_only(read: Read) -> None:
    given = development(APP_PROFILE="romapi", PORT="4000", PASSWORD_HASH="argon2id")
    settings = read(given)

    assert settings.section(ServerSettings).port == 4000
    assert settings.section(PasswordSettings).scheme == "argon2id"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_default_of_a_profile_is_one_that_its_setting_takes(profile: str) -> None:
    entries = catalogue.entries(catalogue.sections())
    found = profiles.profile(profile)

    for name, text in found.defaults.items():
        entries[name].parse(text)
    assert set(found.required) <= set(entries)


@pytest.mark.parametrize("name", [PRODUCTION, STAGING, DEVELOPMENT, TEST])
def test_every_default_of_an_environment_is_one_that_its_setting_takes(name: str) -> None:
    entries = catalogue.entries(catalogue.sections())

    for setting, text in profiles.environment(name).items():
        entries[setting].parse(text)


def test_every_file_of_defaults_belongs_to_a_profile() -> None:
    files = {path.stem for path in Path(profiles.__file__).parent.parent.glob("profiles/*.toml")}

    assert files == {*PROFILES, "environments"}


@pytest.mark.req("K-07")
@pytest.mark.parametrize(
    ("profile", "hashed"),
    [
        ("nova", "bcrypt"),
        ("romapi", "bcrypt"),
        ("generic", "bcrypt"),
        ("ariya", "argon2id"),
        ("molam", "argon2id"),
    ],
)
def test_passwords_are_hashed_as_the_profile_asks(read: Read, profile: str, hashed: str) -> None:
    assert read(development(APP_PROFILE=profile)).section(PasswordSettings).scheme == hashed


@pytest.mark.req("K-52")
def test_the_clinic_speaks_french_and_needs_a_name_and_a_number(faults: Faults, read: Read) -> None:
    bare = production(APP_PROFILE="nova")
    with_clinic = {**bare, **CLINIC}

    assert set(faults(bare)) == {"CLINIC_NAME", "CLINIC_PHONE_E164", "CLINIC_EMAIL"}
    assert read(with_clinic).section(ServerSettings).default_language == "fr"
    clinic = read(with_clinic).section(OrganisationSettings)
    assert clinic.address == "Cité 109, Daboussy El Achour, Alger"
    assert clinic.phone == "+213555000000"


def test_an_organisation_that_is_no_clinic_has_its_own_names(read: Read) -> None:
    given = development(ORG_NAME="Ariya", ORG_EMAIL="help@ariya.example")

    organisation = read(given).section(OrganisationSettings).organisation()

    assert (organisation.name, organisation.email) == ("Ariya", "help@ariya.example")


@pytest.mark.req("G-19", "K-18", "K-19")
def test_the_window_of_the_generic_profile_is_in_minutes(read: Read) -> None:
    given = development(APP_PROFILE="generic", RATE_LIMIT_WINDOW="15", RATE_LIMIT_MAX="100")

    limits = read(given).section(LimitSettings)

    assert limits.rules["api"] == Limit(100, timedelta(minutes=15))


@pytest.mark.req("K-18")
def test_the_window_of_the_clinic_is_in_milliseconds(read: Read) -> None:
    given = development(APP_PROFILE="nova", RATE_LIMIT_WINDOW="60000")

    assert read(given).section(LimitSettings).window == timedelta(minutes=1)


@pytest.mark.req("K-18")
def test_elsewhere_a_small_window_is_refused_with_a_hint(faults: Faults, read: Read) -> None:
    told = faults(development(APP_PROFILE="ariya", RATE_LIMIT_WINDOW="15"))

    assert "RATE_LIMIT_WINDOW_MS" in told["RATE_LIMIT_WINDOW"]
    large = development(APP_PROFILE="ariya", RATE_LIMIT_WINDOW="60000")
    assert read(large).section(LimitSettings).window == timedelta(minutes=1)


@pytest.mark.req("K-19")
@pytest.mark.parametrize(
    ("profile", "limit"),
    [
        ("nova", "100/60000"),
        ("ariya", "100/3600000"),
        ("romapi", "100/900000"),
        ("generic", "100/900000"),
    ],
)
def test_requests_to_the_api_are_limited_as_the_seed_says(
    read: Read, profile: str, limit: str
) -> None:
    rules = read(development(APP_PROFILE=profile)).section(LimitSettings).rules

    assert str(rules["api"]) == limit
    assert {name: str(rule) for name, rule in rules.items() if name != "api"} == {
        "auth": "5/900000",
        "otp": "3/60000",
        "upload": "10/3600000",
        "page": "600/60000",
        "webhook": "6000/60000",
        "letters": "3/3600000",
    }


def test_a_limit_of_the_api_that_is_given_wins_over_its_parts(read: Read) -> None:
    given = development(RATE_LIMIT_API="7/1000", RATE_LIMIT_MAX_REQUESTS="50")

    assert str(read(given).section(LimitSettings).rules["api"]) == "7/1000"


ROMAPI_CONFIG_MAP = {
    "NODE_ENV": "production",
    "PORT": "3001",
    "LOG_LEVEL": "info",
    "RATE_LIMIT_MAX_REQUESTS": "100",
    "BCRYPT_SALT_ROUNDS": "12",
    "ENABLE_AUDIT_LOGS": "true",
    "METRICS_ENABLED": "true",
    "FRONTEND_URL": "https://app.romapi.com",
    "CORS_ORIGIN": "https://app.romapi.com,https://admin.romapi.com",
}


@pytest.mark.req("R-17")
def test_every_key_of_romapis_config_map_is_known() -> None:
    known = catalogue.known_names(catalogue.entries(catalogue.sections()))

    assert ROMAPI_CONFIG_MAP.keys() <= known
    assert "RATE_LIMIT_MAX_REQUEST" not in known


@pytest.mark.req("R-17")
def test_the_config_map_of_romapi_arrives(read: Read) -> None:
    given = production(APP_PROFILE="romapi", **ROMAPI_CONFIG_MAP)
    del given["APP_ENV"]

    settings = read(given)
    server = settings.section(ServerSettings)

    assert (server.environment, server.port, server.metrics_enabled) == ("production", 3001, True)
    assert server.pages_url == "https://app.romapi.com"
    assert server.cors_origins == ("https://app.romapi.com", "https://admin.romapi.com")
    assert settings.section(LimitSettings).max_requests == 100
    assert settings.section(LogSettings).level == "info"
    assert settings.section(LogSettings).audit
    assert settings.section(PasswordSettings).bcrypt_rounds == 12


def test_the_generic_environment_arrives(read: Read) -> None:
    given = production(
        NODE_ENV="production",
        PORT="3000",
        API_PREFIX="/x",
        DATABASE_URL="",
        DB_HOST="db.example.org",
        DB_PORT="5433",
        DB_NAME="auth_db",
        DB_USER="auth user",
        DB_PASSWORD="p@ss:w/rd",
        ENABLE_METRICS="true",
        SESSION_SECRET="",
        NEXTAUTH_SECRET=production()["SESSION_SECRET"],
    )
    settings = read(given)

    assert settings.section(ServerSettings).api_prefix == "/x"
    assert settings.section(ServerSettings).metrics_port == 9090
    found = settings.section(DatabaseSettings).url
    assert found == "postgresql://auth%20user:p%40ss%3Aw%2Frd@db.example.org:5433/auth_db"
    secret = settings.section(SecretSettings).session_secret.reveal()
    assert secret == given["NEXTAUTH_SECRET"]


def test_names_of_settings_are_of_one_form() -> None:
    entries = catalogue.entries(catalogue.sections())

    for entry in entries.values():
        for name in entry.names:
            assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name), name
            assert not (name.endswith("_FILE") and name.removesuffix("_FILE") in entries), name
        assert entry.doc.endswith("."), entry.name
