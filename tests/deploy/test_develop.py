"""`make dev`: both stores, then the service on them; with a fake docker, and real stores in their places."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.deploy_files import DEPLOY, ROOT, compose
from tests.support.fake_commands import Fakes
from tests.support.program import COMMAND
from tests.support.running import ask, ports, started_by
from tests.support.services.postgres import Postgres

UP = "docker compose --file {}/deploy/compose/development.yaml up --detach --wait"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the script, whose `./run` is the program of these tests."""
    folder = tmp_path / "checkout"
    (folder / "deploy/scripts").mkdir(parents=True)
    shutil.copy(DEPLOY / "scripts/develop.sh", folder / "deploy/scripts")
    (folder / "run").write_text(f'#!/bin/sh\nexec "{COMMAND}" serve --dev "$@"\n')
    (folder / "run").chmod(0o755)
    return folder


@pytest.fixture
def docker(tmp_path: Path) -> Fakes:
    """A docker that says yes to everything."""
    fakes = Fakes.of(tmp_path / "fakes", "docker")
    fakes.run(Path("/bin/true"))
    return fakes


@pytest.fixture
def database_port(postgres_server: Postgres) -> Iterator[str]:
    """The port of a server that has what the container of development has: romapi and romapi_dev."""
    postgres_server.execute(
        "CREATE ROLE romapi LOGIN PASSWORD 'development'", "CREATE DATABASE romapi_dev OWNER romapi"
    )
    yield str(urlsplit(postgres_server.admin_url).port)
    postgres_server.execute("DROP DATABASE romapi_dev WITH (FORCE)", "DROP ROLE romapi")


@pytest.mark.req("R-04")
@pytest.mark.needs("postgres", "valkey")
def test_one_word_starts_both_stores_and_the_service_on_them(
    checkout: Path, docker: Fakes, database_port: str, valkey_url: str
) -> None:
    assert re.search(
        r"^dev:\n\tdeploy/scripts/develop.sh$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    services = compose(DEPLOY / "compose/development.yaml")["services"]
    assert services["postgres"]["environment"]["POSTGRES_DB"] == "romapi_dev"
    assert services["postgres"]["environment"]["POSTGRES_USER"] == "romapi"
    chosen = {
        **ports(),
        "PATH": f"{docker.folder}/bin:{os.environ['PATH']}",
        "POSTGRES_PORT": database_port,
        "REDIS_URL": valkey_url,
    }
    script = checkout / "deploy/scripts/develop.sh"
    with started_by(script, checkout, **chosen) as service:
        base = service.wait_for(r"Listening on (http://localhost:\d+)")[1]
        status, health = ask(f"{base}/health")
        service.stop()
    assert docker.calls[-1] == UP.format(checkout)
    assert status == 200
    assert (health["database"], health["redis"]) == ("ok", "ok")
    assert not list(checkout.rglob("*.db"))


def test_where_a_store_does_not_come_up_nothing_is_started(checkout: Path, docker: Fakes) -> None:
    script = checkout / "deploy/scripts/develop.sh"
    ended = docker.run(script, failing=("* up --detach --wait",))
    assert (ended.returncode, "Listening" in ended.stdout) == (1, False)
    ended = docker.run(script, failing=("docker compose version*",))
    assert (ended.returncode, "./run" in ended.stderr) == (69, True)


@pytest.mark.parametrize(("word", "said"), [("--down", "down"), ("--erase", "down --volumes")])
def test_the_stores_are_stopped_by_the_same_word(
    checkout: Path, docker: Fakes, word: str, said: str
) -> None:
    assert docker.run(checkout / "deploy/scripts/develop.sh", word).returncode == 0
    assert docker.calls[-1].endswith(f"development.yaml {said}")


@pytest.mark.parametrize("word", ["--down", "--erase"])
def test_where_the_stores_cannot_be_stopped_nothing_is_started(
    checkout: Path, docker: Fakes, word: str
) -> None:
    ended = docker.run(checkout / "deploy/scripts/develop.sh", word, failing=("* down*",))
    assert (ended.returncode, "Listening" in ended.stdout) == (1, False)
    assert not [call for call in docker.calls if " up " in call]
