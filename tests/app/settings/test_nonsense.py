"""Values that could be written but mean nothing are refused by name, before anybody is served by them."""

from pathlib import Path

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development, production
from watchword.app.settings import SettingsRefused


@pytest.mark.parametrize("host", ["999.1.1.1", "1.2.3", "a b", "-a.example", "http://a", ""])
def test_an_address_that_no_machine_has(faults: Faults, host: str) -> None:
    assert set(faults(production(HOST=host))) == ({"HOST"} if host else set())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "auth-1.internal", "0.0.0.0"])
def test_addresses_that_a_machine_may_have(faults: Faults, host: str) -> None:
    assert faults(production(HOST=host)) == {}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("EVENTS_WEBHOOKS", "shop=https://{}/hook"),
        ("SIRA_WEBHOOK_URL", "https://{}/hook"),
        ("ALERT_WEBHOOK_URL", "https://{}/hook"),
        ("OIDC_ISSUERS", "staff=https://{}/realm"),
        ("GITHUB_API_URL", "https://{}/api/v3"),
        ("SENDGRID_API_URL", "https://{}"),
        ("VAULT_ADDR", "https://{}:8200"),
        ("BACKUP_S3_URL", "https://{}"),
        ("AWS_ENDPOINT_URL_STS", "https://{}"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://{}/v1/credentials"),
        ("SENTRY_DSN", "https://key@{}/7"),
        ("PUBLIC_BASE_URL", "https://{}"),
        ("AMQP_URL", "amqps://user:password@{}:5671/"),
        ("KAFKA_BROKERS", "kafka.example:9092,{}:9092"),
        ("SMTP_HOST", "{}"),
    ],
)
def test_a_host_that_nobody_could_look_up(faults: Faults, name: str, told: str) -> None:
    for host in ("a..example", ".example", f"{'a' * 64}.example", f"{'a.' * 130}example", "1.2.3"):
        assert "could be looked up" in faults(production(**{name: told.format(host)}))[name]


@pytest.mark.parametrize("host", ["☃.example", "a b.example", "-a.example", "a.-.example", "ex%61"])
def test_a_host_that_the_dns_does_not_know(faults: Faults, host: str) -> None:
    assert "EVENTS_WEBHOOKS" in faults(production(EVENTS_WEBHOOKS=f"shop=https://{host}/hook"))


def test_hosts_that_can_be_looked_up(faults: Faults) -> None:
    hosts = [
        "faß.de",
        "BÜCHER.example",
        "xn--fa-hia.de",
        "shop_1",
        "localhost",
        "[::1]",
        "shop.example.",
    ]
    told = ",".join(f"s{n}=https://{host}:8443/hook" for n, host in enumerate([*hosts, "10.1.2.3"]))
    assert "EVENTS_WEBHOOKS" not in faults(production(EVENTS_WEBHOOKS=told))


@pytest.mark.parametrize("path", ["/x/../y", "/.", "/..", "x", "//"])
def test_a_path_that_leads_elsewhere(faults: Faults, path: str) -> None:
    assert set(faults(production(API_PREFIX=path))) == {"API_PREFIX"}


@pytest.mark.parametrize("country", ["ZZZ", "XX", "1", "D Z"])
def test_a_country_that_is_none(faults: Faults, country: str) -> None:
    assert set(faults(production(DEFAULT_COUNTRY=country))) == {"DEFAULT_COUNTRY"}


def test_countries_that_are_none_are_named(faults: Faults) -> None:
    assert (
        "XX is no country"
        in faults(production(SMS_ALLOWED_COUNTRIES="DZ,XX,FR"))["SMS_ALLOWED_COUNTRIES"]
    )
    assert faults(production(SMS_ALLOWED_COUNTRIES="DZ,fr", DEFAULT_COUNTRY="dz")) == {}


def test_a_refresh_token_that_would_die_first(faults: Faults) -> None:
    short = production(JWT_REFRESH_EXPIRES_IN="1m", JWT_EXPIRES_IN="15m")
    assert set(faults(short)) == {"JWT_REFRESH_EXPIRES_IN"}


def test_a_window_that_stops_nobody(read: Read, faults: Faults) -> None:
    """NOVA's name for it is in milliseconds; who thinks of minutes would have no limit."""
    told = {"RATE_LIMIT_WINDOW": "15", "APP_PROFILE": "nova"}

    assert "quarter of an hour" in faults(production(**told))["RATE_LIMIT_WINDOW_MS"]
    assert any("quarter of an hour" in each for each in read(development(**told)).warnings)


def test_what_is_told_wrongly_is_not_told_to_be_missing(read: Read) -> None:
    told = production(APP_PROFILE="nova", CLINIC_EMAIL="nope", CLINIC_PHONE_E164="0555")
    with pytest.raises(SettingsRefused) as refusal:
        read(told)
    sentences = [sentence for _, sentence in refusal.value.faults]

    assert sum("missing" in each for each in sentences) == 1  # CLINIC_NAME is
    assert sum("e-mail address" in each or "telephone number" in each for each in sentences) == 2


@pytest.mark.parametrize("told", ["schema=public", "connection_limit=5", "channel_binding=require"])
def test_what_other_programs_write_behind_a_database_is_named(faults: Faults, told: str) -> None:
    url = f"postgresql://auth@db.example.org/auth?application_name=a&{told}"

    assert told.partition("=")[0] in faults(production(DATABASE_URL=url))["DATABASE_URL"]


@pytest.mark.parametrize(("name", "text"), [("APP_PROFILE", "nova"), ("NODE_ENV", "staging")])
def test_what_comes_too_late_to_decide_is_refused(
    faults: Faults, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / name).write_text(text)
    [(refused, sentence)] = faults(production(SECRETS_DIR="kept")).items()

    assert refused in {"APP_PROFILE", "APP_ENV"}
    assert str(tmp_path / "kept" / name) in sentence


def test_a_file_that_is_nearly_a_setting_is_told(read: Read, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "MAX_LOGIN_ATEMPTS").write_text("5")
    warnings = " ".join(read(production(SECRETS_DIR="kept")).warnings)

    assert "MAX_LOGIN_ATTEMPTS" in warnings


def test_what_is_wrong_in_a_file_is_told_with_the_file(faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "OTP_LENGTH").write_text("99")
    told = faults(production(SECRETS_DIR="kept"))["OTP_LENGTH"]

    assert str(tmp_path / "kept" / "OTP_LENGTH") in told


def test_a_token_for_metrics_is_long_enough(faults: Faults) -> None:
    assert set(faults(production(METRICS_TOKEN="abc"))) == {"METRICS_TOKEN"}


@pytest.mark.parametrize("host", ["2130706433", "a..example", "0x7f.1", "a" * 64 + ".example"])
def test_a_receiver_whose_host_is_a_number_or_no_name(faults: Faults, host: str) -> None:
    url = f"https://{host}/hook"

    assert set(faults(production(SIRA_WEBHOOK_URL=url))) >= {"SIRA_WEBHOOK_URL"}
