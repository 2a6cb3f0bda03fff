"""Development: safe on this machine, with secrets made from one."""

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import development
from watchword.plumbing.settings import DatabaseSettings, SecretSettings, ServerSettings


@pytest.mark.req("K-12")
def test_missing_secrets_are_derived_from_one_and_all_different(read: Read) -> None:
    given = development()

    first = read(given).section(SecretSettings)
    second = read(given).section(SecretSettings)

    made = [
        each.reveal()
        for each in (first.pepper, first.refresh_secret, first.session_secret, first.csrf_secret)
    ]
    assert len({*made, given["JWT_SECRET"]}) == 5
    assert all(len(each) == 64 for each in made)
    assert (first.pepper, first.csrf_secret) == (second.pepper, second.csrf_secret)


def test_a_secret_that_is_given_is_not_derived(read: Read) -> None:
    given = development(PEPPER="my own")

    assert read(given).section(SecretSettings).pepper.reveal() == "my own"


def test_without_any_secret_there_is_nothing_to_derive_from(faults: Faults) -> None:
    told = faults({"APP_ENV": "development"})

    assert "watchword secrets generate" in told["JWT_SECRET"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_development_does_not_listen_where_others_can_reach_it(faults: Faults, host: str) -> None:
    assert "ALLOW_PUBLIC_DEVELOPMENT" in faults(development(HOST=host))["HOST"]
    assert faults(development(HOST=host, ALLOW_PUBLIC_DEVELOPMENT="true")) == {}


def test_it_listens_on_this_machine_and_keeps_its_database_in_a_file(read: Read) -> None:
    settings = read(development())

    assert settings.section(ServerSettings).host == "127.0.0.1"
    assert settings.section(ServerSettings).public_url == "http://localhost:3000"
    assert settings.section(DatabaseSettings).url == "sqlite:///var/watchword.db"


def test_without_redis_it_says_that_limits_are_in_memory(read: Read) -> None:
    assert any("REDIS_URL" in each and "memory" in each for each in read(development()).warnings)


def test_node_env_is_another_name_for_app_env(read: Read) -> None:
    given = development(NODE_ENV="development")
    del given["APP_ENV"]

    assert read(given).section(ServerSettings).development
