"""The scripts for deployments by Compose, with a fake docker: their order, repetition, and every failure."""

import re
import stat
from pathlib import Path

import pytest

from tests.support.docker_host import DockerHost

OLD, NEW = "example/watchword@sha256:1", "example/watchword@sha256:2"
BUILT = f"watchword:{'a' * 24}"
BEFORE_THE_EXCHANGE = (
    "backup create",
    "pull example/watchword:2",
    "env validate",
    "-T migrate$",
    "-T grants$",
)
DURING_THE_EXCHANGE = ("up --detach --no-deps --no-recreate", "nginx.conf -t")


REGISTRY = {"example/watchword:1": OLD, "example/watchword:2": NEW}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> DockerHost:
    """A machine with all secrets, on which nothing runs."""
    host = DockerHost.laid_out(tmp_path_factory.mktemp("host"))
    assert host.run("secrets.sh").returncode == 0
    return host


@pytest.fixture(scope="module")
def deployed(bare: DockerHost, tmp_path_factory: pytest.TempPathFactory) -> DockerHost:
    """A machine on which the first version runs; a second one is in the registry."""
    host = bare.copied(tmp_path_factory.mktemp("deployed") / "host")
    host.change(registry=REGISTRY)
    ended = host.run("deploy-docker.sh", "example/watchword:1")
    assert ended.returncode == 0, ended.stderr
    host.change(diary=[])
    return host


@pytest.fixture
def host(bare: DockerHost, tmp_path: Path) -> DockerHost:
    return bare.copied(tmp_path / "host")


@pytest.fixture
def running(deployed: DockerHost, tmp_path: Path) -> DockerHost:
    return deployed.copied(tmp_path / "host")


@pytest.mark.req("R-15", "D-49")
def test_a_first_deployment_builds_migrates_starts_and_looks(host: DockerHost) -> None:
    ended = host.run("deploy-docker.sh")
    assert ended.returncode == 0, ended.stderr
    assert "https://api.yourdomain.com" in ended.stderr
    order = host.asked(
        "build --file ../docker/Dockerfile",
        "env validate",
        "postgres redis redis-cache",
        "-T migrate$",
        "-T grants$",
        "--no-deps app",
        "--no-deps postgres proxy",
        "watchword health",
    )
    assert order[:6] == sorted(order[:6])
    assert order[-1] > order[-2]
    assert not any("down" in line.split() for line in host.state["diary"])
    assert host.images() == [BUILT, BUILT]
    assert host.told("WATCHWORD_IMAGE") == BUILT


@pytest.mark.req("R-15", "G-33")
def test_a_second_deployment_of_the_same_changes_nothing(host: DockerHost) -> None:
    assert host.run("deploy-docker.sh").returncode == 0
    before = host.state["containers"]
    assert host.run("deploy-docker.sh").returncode == 0
    assert host.state["containers"] == before
    assert host.state["faults"] == []


@pytest.mark.req("R-15")
def test_everything_that_is_missing_is_named_before_anything_is_begun(tmp_path: Path) -> None:
    host = DockerHost.laid_out(tmp_path, "romapi")
    (host.home / "tls/privkey.pem").unlink()
    ended = host.run("deploy-docker.sh", JWT_SECRET="x" * 64, REDIS_PASSWORD="y" * 32)
    assert ended.returncode == 1
    for name in ("POSTGRES_PASSWORD", "JWT_REFRESH_SECRET", "PEPPER", "tls/privkey.pem"):
        assert name in ended.stderr
    assert " JWT_SECRET" not in ended.stderr
    assert host.state["diary"] == ["compose version"]


@pytest.mark.req("R-12", "R-15")
def test_what_the_environment_tells_becomes_a_file_and_the_rest_is_made(tmp_path: Path) -> None:
    host = DockerHost.laid_out(tmp_path, "romapi")
    given = {
        "POSTGRES_PASSWORD": "p w",
        "REDIS_PASSWORD": "r",
        "JWT_SECRET": "j",
        "JWT_REFRESH_SECRET": "k",
    }
    assert host.run("secrets.sh", **given).returncode == 0
    folder = host.home / "secrets"
    assert (folder / "postgres_password").read_text() == "p w"
    assert (folder / "redis_password").read_text() == "r"
    assert re.fullmatch(r"[0-9a-f]{96}", (folder / "PEPPER").read_text())
    assert (folder / "SENDGRID_API_KEY").read_text() == ""
    password = (folder / "postgres_backup_password").read_text()
    assert (folder / "BACKUP_DATABASE_URL").read_text() == (
        f"postgresql://watchword_backup:{password}@:5432/romapi?host=/var/run/postgresql"
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first = {file.name: file.read_text() for file in folder.iterdir()}
    assert len({text for text in first.values() if text}) == len([t for t in first.values() if t])
    assert host.run("secrets.sh").returncode == 0
    assert {file.name: file.read_text() for file in folder.iterdir()} == first
    assert host.run("deploy-docker.sh").returncode == 0


def test_the_generic_deployment_keeps_its_password_where_it_always_was(host: DockerHost) -> None:
    assert "db_password.txt" in host.run("secrets.sh", "--list").stdout.split()
    assert (host.home / "secrets/db_password.txt").read_text()


@pytest.mark.req("R-15")
@pytest.mark.parametrize(
    "failing", ["^build", "env validate", "postgres redis", "-T migrate$", "-T grants$", "health$"]
)
def test_a_first_deployment_that_fails_says_so(host: DockerHost, failing: str) -> None:
    host.change(failing=[failing])
    ended = host.run("deploy-docker.sh")
    assert ended.returncode == 1
    assert ended.stderr.strip()


@pytest.mark.req("R-15")
def test_a_broken_image_prints_its_logs_and_ends_with_1(host: DockerHost) -> None:
    host.change(broken=[BUILT])
    ended = host.run("deploy-docker.sh")
    assert ended.returncode == 1
    assert any(line.startswith("compose logs") for line in host.state["diary"])


@pytest.mark.req("R-67", "D-06", "D-49", "K-51", "G-03")
def test_an_update_backs_up_first_and_sends_nobody_to_what_ends(running: DockerHost) -> None:
    ended = running.run("update.sh", "example/watchword:2")
    assert ended.returncode == 0, ended.stderr
    order = running.asked(
        "backup create",
        "pull",
        "-T migrate$",
        "-T grants$",
        "--scale app=4",
        "-s reload",
        "stop --time",
    )
    assert order == sorted(order)
    assert running.images() == [NEW, NEW]
    assert running.told("WATCHWORD_IMAGE") == NEW
    assert running.state["faults"] == []
    assert sorted(running.state["loaded"]) == sorted(
        each["ip"] for each in running.state["containers"] if each["service"] == "app"
    )
    assert "server app:3000" in (running.home / "instances.conf").read_text()


@pytest.mark.req("R-67")
@pytest.mark.parametrize("failing", [*BEFORE_THE_EXCHANGE, *DURING_THE_EXCHANGE])
def test_an_update_that_fails_leaves_the_former_version_running(
    running: DockerHost, failing: str
) -> None:
    before = running.state["containers"]
    running.change(failing=[failing])
    ended = running.run("update.sh", "example/watchword:2")
    assert ended.returncode == 1
    assert running.images() == [OLD, OLD]
    assert [each for each in running.state["containers"] if each["status"] == "running"] == before
    assert running.told("WATCHWORD_IMAGE") == OLD
    assert running.state["faults"] == []


@pytest.mark.req("R-67")
def test_an_image_that_does_not_become_well_is_undone(running: DockerHost) -> None:
    running.change(broken=[NEW])
    ended = running.run("update.sh", "example/watchword:2")
    assert ended.returncode == 1
    assert "Undone" in ended.stderr
    assert running.images() == [OLD, OLD]
    assert running.state["faults"] == []


@pytest.mark.req("R-67")
def test_an_image_that_is_well_and_does_not_answer_is_undone(running: DockerHost) -> None:
    running.change(mute=[NEW])
    ended = running.run("update.sh", "example/watchword:2")
    assert ended.returncode == 1
    assert running.images() == [OLD, OLD]
    assert running.told("WATCHWORD_IMAGE") == OLD
    assert running.state["faults"] == []


@pytest.fixture
def pair(host: DockerHost) -> DockerHost:
    """Two instances with names of their own."""
    services = ["app", "auth-2", "postgres", "proxy", "redis", "redis-cache"]
    host.change(services=services, replicas=1, registry=REGISTRY)
    ended = host.run("deploy-docker.sh", "example/watchword:1")
    assert ended.returncode == 0, ended.stderr
    return host


@pytest.mark.req("N-106")
def test_instances_with_names_of_their_own_are_exchanged_in_turn(pair: DockerHost) -> None:
    ended = pair.run("update.sh", "example/watchword:2")
    assert ended.returncode == 0, ended.stderr
    order = pair.asked("--scale app=2 app", "--scale auth-2=2 auth-2")
    assert order == sorted(order)
    assert pair.images() == [NEW, NEW]
    assert pair.state["faults"] == []


def test_when_the_second_of_them_fails_the_first_goes_back(pair: DockerHost) -> None:
    pair.change(failing=["--scale auth-2"])
    assert pair.run("update.sh", "example/watchword:2").returncode == 1
    assert pair.images() == [OLD, OLD]
    assert pair.state["faults"] == []


@pytest.mark.req("G-71", "D-06")
def test_a_rollback_goes_back_to_the_recorded_digest_and_forth(running: DockerHost) -> None:
    nothing = running.run("rollback.sh")
    assert nothing.returncode == 1
    assert "No former image" in nothing.stderr
    assert running.run("update.sh", "example/watchword:2").returncode == 0
    back = running.run("rollback.sh")
    assert back.returncode == 0, back.stderr
    assert running.images() == [OLD, OLD]
    assert running.told("WATCHWORD_IMAGE") == OLD
    assert running.run("rollback.sh").returncode == 0
    assert running.images() == [NEW, NEW]
    assert running.state["faults"] == []


@pytest.mark.req("G-71")
def test_a_rollback_to_what_is_broken_changes_nothing(running: DockerHost) -> None:
    assert running.run("update.sh", "example/watchword:2").returncode == 0
    running.change(broken=[OLD])
    assert running.run("rollback.sh").returncode == 1
    assert running.images() == [NEW, NEW]
    assert running.state["faults"] == []


@pytest.mark.req("K-51", "G-72")
def test_a_restoration_is_the_one_time_that_the_service_pauses(running: DockerHost) -> None:
    identity = running.folder / "backup.key"
    identity.write_text("AGE-SECRET-KEY-1")
    ended = running.run("restore.sh", "latest", str(identity), "--force")
    assert ended.returncode == 0, ended.stderr
    order = running.asked(
        "compose stop", "backup restore latest", "-T migrate$", "-T grants$", "up --detach"
    )
    assert order[0] < order[1] < order[4]
    (line,) = [line for line in running.state["diary"] if "backup restore" in line]
    assert line.endswith("backup restore latest --identity /run/identity --yes --force")
    assert f"{identity}:/run/identity:ro" in line


@pytest.mark.req("G-72")
def test_a_restoration_that_is_refused_starts_the_service_again(running: DockerHost) -> None:
    identity = running.folder / "backup.key"
    identity.write_text("AGE-SECRET-KEY-1")
    running.change(failing=["backup restore"])
    ended = running.run("restore.sh", "latest", str(identity))
    assert ended.returncode == 1
    assert running.images() == [OLD, OLD]
    assert running.run("restore.sh", "latest").returncode == 1
