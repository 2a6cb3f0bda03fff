"""What may be told whole or in parts: the database, Redis, and the sender of letters."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development, production
from watchword.kernel.secret import Secret
from watchword.plumbing.settings import DatabaseSettings, MailSettings, RedisSettings

PARTS = {
    "DB_HOST": "db.example.org",
    "DB_NAME": "auth_db",
    "DB_USER": "auth_user",
    "DB_PASSWORD": "kept-elsewhere",
}


def test_parts_alone_make_the_address_of_the_database(read: Read) -> None:
    url = read(production(DATABASE_URL="", **PARTS)).section(DatabaseSettings).url

    assert url == "postgresql://auth_user:kept-elsewhere@db.example.org:5432/auth_db"


def test_in_development_parts_stand_above_the_default(read: Read) -> None:
    url = read(development(**PARTS)).section(DatabaseSettings).url

    assert url.startswith("postgresql://auth_user")


def test_the_whole_wins_over_parts_with_a_warning_that_names_them(read: Read) -> None:
    url = "postgresql://auth_user:kept-elsewhere@db.example.org/other_db"

    settings = read(production(DATABASE_URL=url, **PARTS))

    assert settings.section(DatabaseSettings).url == url
    (warning,) = settings.warnings
    assert "DATABASE_URL" in warning
    assert "DB_NAME" in warning
    assert "DB_HOST" not in warning


def test_the_whole_and_parts_that_agree_need_no_word(read: Read) -> None:
    url = "postgres://auth_user:kept-elsewhere@db.example.org/auth_db"

    assert read(production(DATABASE_URL=url, **PARTS)).warnings == ()


def test_a_socket_of_redis_is_one_of_this_machine(read: Read) -> None:
    parts = {"REDIS_HOST": "/run/redis/state.sock", "REDIS_PASSWORD": "a b/c"}

    redis = read(production(REDIS_URL="", **parts)).section(RedisSettings)

    assert redis.url == "unix://:a%20b%2Fc@/run/redis/state.sock?db=0"


def test_what_a_profile_requires_may_be_told_in_parts(read: Read) -> None:
    told = production(
        APP_PROFILE="molam",
        DATABASE_URL="",
        REDIS_URL="",
        REDIS_HOST="/run/redis/state.sock",
        **PARTS,
    )

    assert read(told).section(DatabaseSettings).url.startswith("postgresql://auth_user")


def test_redis_in_parts(read: Read) -> None:
    parts = {"REDIS_HOST": "redis.example.org", "REDIS_PASSWORD": "a b/c", "REDIS_TLS": "true"}

    redis = read(production(REDIS_URL="", **parts)).section(RedisSettings)

    assert redis.url == "rediss://:a%20b%2Fc@redis.example.org:6379/0"


@pytest.mark.parametrize(
    "part",
    [
        {"REDIS_HOST": "other.example.org"},
        {"REDIS_PORT": "6380"},
        {"REDIS_PASSWORD": "another-one"},
        {"REDIS_TLS": "false"},
    ],
)
def test_a_part_that_contradicts_the_address_of_redis_is_refused_and_both_are_named(
    faults: Faults, part: dict[str, str]
) -> None:
    told = faults(production(REDIS_URL="rediss://:kept@redis.example.org/0", **part))

    assert set(told) == {"REDIS_URL"}
    assert all(name in told["REDIS_URL"] for name in part)


def test_parts_that_agree_with_the_address_of_redis_need_no_word(read: Read) -> None:
    url = "rediss://:a%20b%2Fc@redis.example.org/0"
    parts = {"REDIS_HOST": "redis.example.org", "REDIS_PORT": "6379", "REDIS_TLS": "yes"}

    assert read(production(REDIS_URL=url, REDIS_PASSWORD="a b/c", **parts)).warnings == ()


@drawn(user=st.text(min_size=1), password=st.text(min_size=1), name=st.text(min_size=1))
def test_whatever_the_parts_hold_the_address_says_the_same(
    user: str, password: str, name: str
) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in (user, password, name)]
    settings = DatabaseSettings(
        host="db.example.org", user=clean[0], password=Secret(clean[1]), name=clean[2]
    )

    parts = urlsplit(settings.url)

    assert [unquote(parts.username or ""), unquote(parts.password or "")] == clean[:2]
    assert unquote(parts.path.removeprefix("/")) == clean[2]
    assert (parts.hostname, parts.port) == ("db.example.org", 5432)


@pytest.mark.req("K-14")
@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ({"EMAIL_FROM": "noreply@example.org"}, "noreply@example.org"),
        ({"SMTP_FROM": "Ariya <noreply@example.org>"}, "Ariya <noreply@example.org>"),
        (
            {"SMTP_FROM_EMAIL": "rdv@example.org", "SMTP_FROM_NAME": "Cabinet Dentaire, NOVA"},
            '"Cabinet Dentaire, NOVA" <rdv@example.org>',
        ),
        (
            {"SMTP_FROM_EMAIL": "rdv@example.org", "SMTP_FROM_NAME": "Cité"},
            "Cité <rdv@example.org>",
        ),
        ({"SMTP_FROM_EMAIL": "rdv@example.org"}, "rdv@example.org"),
        ({}, "Watchword <noreply@localhost>"),
    ],
)
def test_the_sender_may_be_told_in_four_ways(
    read: Read, given: dict[str, str], sender: str
) -> None:
    assert read(development(**given)).section(MailSettings).sender == sender


@pytest.mark.req("K-14")
def test_two_senders_that_differ_are_refused_and_both_named(faults: Faults) -> None:
    told = faults(development(EMAIL_FROM="a@example.org", SMTP_FROM_EMAIL="b@example.org"))

    assert "SMTP_FROM_EMAIL" in told["EMAIL_FROM"]


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "a@b@c.org",
        "a@x.org, b@x.org",
        "A <a@x.org>, b@x.org",
        "Two\r\nBcc: x@example.org <a@b.org>",
    ],
)
def test_a_sender_that_is_no_mailbox_is_refused(faults: Faults, text: str) -> None:
    assert "EMAIL_FROM" in faults(development(EMAIL_FROM=text))
