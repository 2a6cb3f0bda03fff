"""The scripts for deployments by Compose, with a fake docker: their order, repetition, and every failure."""

import re
import stat
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

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


def test_a_password_of_any_characters_is_one_in_an_address(tmp_path: Path) -> None:
    host = DockerHost.laid_out(tmp_path, "romapi")
    password = "p@ss/w#1% ü"
    assert host.run("secrets.sh", POSTGRES_BACKUP_PASSWORD=password).returncode == 0
    parts = urlsplit((host.home / "secrets/BACKUP_DATABASE_URL").read_text())
    assert (parts.username, unquote(parts.password or "")) == ("watchword_backup", password)
    assert (parts.port, parts.path) == (5432, "/romapi")


def test_folders_are_given_to_the_user_of_the_image_which_is_the_one_that_was_chosen(
    host: DockerHost,
) -> None:
    with (host.home / ".env").open("a") as file:
        file.write("UID=2001\nGID=2002\n")
    host.change(failing=["env validate"])
    assert host.run("deploy-docker.sh").returncode == 1
    built, given = host.asked("--build-arg UID=2001 --build-arg GID=2002", "chown .* --reference=")
    assert built < given


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


@pytest.mark.req("R-67", "G-03")
def test_a_script_that_was_killed_and_is_run_again_ends_with_as_many_as_are_wished(
    running: DockerHost,
) -> None:
    for killed in ("--scale app=", "-s reload", "^stop --time"):
        running.change(killing=[killed])
        assert running.run("update.sh", "example/watchword:2").returncode < 0
        assert len(running.images()) <= 4
    ended = running.run("deploy-docker.sh", "example/watchword:2")
    assert ended.returncode == 0, ended.stderr
    assert running.images() == [NEW, NEW]
    assert running.state["faults"] == []


@pytest.mark.req("R-67", "G-03")
def test_after_an_update_that_was_killed_the_former_version_may_be_had_again(
    running: DockerHost,
) -> None:
    running.change(killing=["-s reload"])
    assert running.run("update.sh", "example/watchword:2").returncode < 0
    ended = running.run("rollback.sh", OLD)
    assert ended.returncode == 0, ended.stderr
    assert running.images() == [OLD, OLD]
    assert running.state["faults"] == []


@pytest.mark.req("R-67")
def test_two_scripts_at_once_are_refused(running: DockerHost) -> None:
    others = [
        ["deploy-docker.sh", "example/watchword:1"],
        ["update.sh", "example/watchword:1"],
        ["rollback.sh", OLD],
        ["restore.sh", "latest", __file__],
        ["scale.sh", "3"],
    ]
    scripts = running.folder / "deploy/scripts"
    running.change(
        meanwhile={"--scale app=": [[str(scripts / name), *words] for name, *words in others]}
    )
    ended = running.run("update.sh", "example/watchword:2")
    assert ended.returncode == 0, ended.stderr
    assert len(running.state["said_meanwhile"]) == len(others)
    for code, said in running.state["said_meanwhile"]:
        assert code == 1
        assert "Another script works on this deployment just now" in said
    assert running.images() == [NEW, NEW]
    assert running.state["faults"] == []


@pytest.mark.req("R-15", "G-33")
def test_a_deployment_again_applies_what_was_changed_since(running: DockerHost) -> None:
    before = {each["id"] for each in running.state["containers"] if each["service"] == "app"}
    running.change(replicas=3)
    with (running.home / ".env").open("a") as file:
        file.write("SMTP_PORT=2525\n")
    ended = running.run("deploy-docker.sh", "example/watchword:1")
    assert ended.returncode == 0, ended.stderr
    assert not before & {each["id"] for each in running.state["containers"]}
    assert running.images() == [OLD, OLD, OLD]
    assert running.state["faults"] == []


def by_the_library(host: DockerHost, words: str) -> subprocess.CompletedProcess[str]:
    """Run words of lib.sh on a machine."""
    place = str(host.folder / "deploy/scripts/lib.sh")
    return subprocess.run(
        ["sh", "-euc", f'. "$0"; go_home; {words}', place],
        env=host.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_changed_setting_secret_or_number_is_not_what_runs(running: DockerHost) -> None:
    def runs_what_is_wished() -> bool:
        return by_the_library(running, "is_applied").returncode == 0

    assert runs_what_is_wished()
    for name in (".env", "secrets/SMTP_PASSWORD", "tls/fullchain.pem"):
        file = running.home / name
        former, mode = file.read_text(), file.stat().st_mode
        file.chmod(0o600)
        file.write_text(f"{former}SMTP_PORT=2525\n")
        assert not runs_what_is_wished(), name
        file.write_text(former)
        file.chmod(mode)
    assert runs_what_is_wished()
    running.change(replicas=4)
    assert not runs_what_is_wished()


@pytest.mark.req("R-15")
@pytest.mark.parametrize("script", ["deploy-docker.sh", "update.sh"])
def test_nginx_reads_its_files_anew_though_no_instance_is_another(
    running: DockerHost, script: str
) -> None:
    running.change(diary=[])
    assert running.run(script, "example/watchword:1").returncode == 0
    tried, read = running.asked("nginx.conf -t", "-s reload")
    assert tried < read
    running.change(failing=["nginx.conf -t"])
    ended = running.run(script, "example/watchword:1")
    assert ended.returncode == 1
    assert "nginx does not take its files" in ended.stderr
    assert running.images() == [OLD, OLD]


@pytest.mark.req("G-33", "G-73")
def test_a_number_of_instances_stays_what_it_was_said_to_be(running: DockerHost) -> None:
    running.change(replicas=None)
    ended = running.run("scale.sh", "1")
    assert ended.returncode == 0, ended.stderr
    assert running.images() == [OLD]
    assert running.run("update.sh", "example/watchword:2").returncode == 0
    assert (running.images(), running.told("REPLICAS")) == ([NEW], "1")
    running.change(failing=["--scale app="])
    assert running.run("scale.sh", "5").returncode == 1
    assert (running.images(), running.told("REPLICAS")) == ([NEW], "1")
    assert running.run("scale.sh", "many").returncode == 2
    assert running.state["faults"] == []


READ = {  # as the page of Compose on its .env says
    "PLAIN": ("PLAIN=3000", "3000"),
    "COMMENT": ("COMMENT=3000 # ours", "3000"),
    "NO_COMMENT": ("NO_COMMENT=a#b", "a#b"),
    "DOUBLE": ('DOUBLE="a # b" # c', "a # b"),
    "SINGLE": ("SINGLE='${PLAIN} # b' # c", "${PLAIN} # b"),
    "ESCAPED": ("ESCAPED='Let\\'s go'", "Let's go"),
    "EXPORTED": ("export EXPORTED=3", "3"),
    "WINDOWS": ("WINDOWS=3\r", "3"),
    "LINES": ('LINES="one\nPLAIN=two"', "one\nPLAIN=two"),
    "JOINED": ("JOINED=${PLAIN}/$EXPORTED-${MISSING:-none}", "3000/3-none"),
    "TWICE": ("TWICE=1\nTWICE=2", "2"),
    "HIDDEN": ("# HIDDEN=1", ""),
    "LAST": ("LAST=mail.example", "mail.example"),
}


@pytest.mark.req("R-67")
def test_dotenv_is_read_as_compose_reads_it_and_written_on_lines_of_its_own(
    host: DockerHost,
) -> None:
    (host.home / ".env").write_text("\n".join(line for line, _ in READ.values()))
    asked = "; ".join(f"told {name}; echo ." for name in READ)
    read = by_the_library(host, asked)
    assert read.stdout.split("\n.\n")[:-1] == [value for _, value in READ.values()], read.stderr
    new = {
        **{name: value for name, (_, value) in READ.items()},
        "LAST": "it's $5 # all",
        "TWICE": "",
    }
    written = by_the_library(host, f"""put LAST "it's \\$5 # all"; put TWICE ''; {asked}""")
    assert written.stdout.split("\n.\n")[:-1] == [*new.values()], written.stderr


@pytest.mark.parametrize("wrong", ["PORT=http", 'SMTP_HOST="mail.example'])
def test_a_dotenv_that_means_nothing_is_refused_before_anything_is_begun(
    host: DockerHost, wrong: str
) -> None:
    with (host.home / ".env").open("a") as file:
        file.write(f"{wrong}\n")
    ended = host.run("deploy-docker.sh")
    assert ended.returncode == 1
    assert wrong.partition("=")[0] in ended.stderr
    assert "nothing was begun" in ended.stderr
    assert host.state["diary"] == ["compose version"]


@pytest.mark.req("R-67")
def test_a_last_line_without_an_end_stays_what_it_says(host: DockerHost) -> None:
    host.change(registry=REGISTRY)
    with (host.home / ".env").open("a") as file:
        file.write("PORT='3100' # ours\nSMTP_HOST=mail.example")
    for script, *words in (
        ("deploy-docker.sh", "example/watchword:1"),
        ("update.sh", "example/watchword:2"),
        ("scale.sh", "2"),
        ("rollback.sh",),
    ):
        ended = host.run(script, *words)
        assert ended.returncode == 0, ended.stderr
        assert host.told("SMTP_HOST") == "mail.example"
    assert host.state["ports"] == ["3100"]
    assert host.images() == [OLD, OLD]


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


@pytest.mark.req("N-106", "G-73")
def test_a_number_of_instances_counts_those_with_names_of_their_own(pair: DockerHost) -> None:
    pair.change(replicas=None)
    assert pair.run("scale.sh", "1").returncode == 1
    ended = pair.run("scale.sh", "3")
    assert ended.returncode == 0, ended.stderr
    assert "3 instances serve" in ended.stderr
    assert (pair.images(), pair.told("REPLICAS")) == ([OLD] * 3, "2")
    assert pair.state["faults"] == []


def test_when_the_second_of_them_fails_the_first_goes_back(pair: DockerHost) -> None:
    pair.change(failing=["--scale auth-2"])
    assert pair.run("update.sh", "example/watchword:2").returncode == 1
    assert pair.images() == [OLD, OLD]
    assert pair.state["faults"] == []


def instances(host: DockerHost) -> dict[str, list[str]]:
    """Return the containers of each service of ours that run."""
    there = [each for each in host.state["containers"] if each["status"] == "running"]
    return {
        name: [each["id"] for each in there if each["service"] == name]
        for name in ("app", "auth-2")
    }


@pytest.mark.req("G-73")
@pytest.mark.parametrize(("how", "code"), [("failing", 1), ("ending", 143)])
@pytest.mark.parametrize("count", ["2", "4"])
def test_when_the_second_of_them_fails_there_are_as_many_of_the_first_as_before(
    pair: DockerHost, how: str, code: int, count: str
) -> None:
    pair.change(replicas=None)
    assert pair.run("scale.sh", "3").returncode == 0
    before = instances(pair)
    pair.change(**{how: ["--scale auth-2"]})
    ended = pair.run("scale.sh", count)
    assert ended.returncode == code
    after = instances(pair)
    assert (len(after["app"]), after["auth-2"]) == (2, before["auth-2"])
    assert pair.told("REPLICAS") == "2"
    assert pair.state["faults"] == []


@pytest.mark.req("G-73")
def test_where_as_many_as_before_cannot_be_had_it_says_how_many_go_on(pair: DockerHost) -> None:
    with (pair.home / ".env").open("a") as file:
        file.write("REPLICAS=2\n")
    pair.change(replicas=None, failing=["--scale auth-2", "--scale app=5"])  # 2 beside 3
    ended = pair.run("scale.sh", "4")
    assert ended.returncode == 1
    assert "app: 3 go on" in ended.stderr
    assert len(instances(pair)["app"]) == 3
    assert pair.state["faults"] == []


@pytest.mark.req("G-33")
def test_when_settings_fail_the_second_of_them_it_says_who_has_them(pair: DockerHost) -> None:
    before = instances(pair)
    pair.change(failing=["--scale auth-2"])
    with (pair.home / ".env").open("a") as file:
        file.write("SMTP_PORT=2525\n")
    ended = pair.run("deploy-docker.sh", "example/watchword:1")
    assert ended.returncode == 1
    assert "With what .env and secrets/ say now: app. All others go on" in ended.stderr
    after = instances(pair)
    assert not set(before["app"]) & set(after["app"])
    assert after["auth-2"] == before["auth-2"]
    pair.change(failing=[])
    again = pair.run("deploy-docker.sh", "example/watchword:1")
    assert again.returncode == 0, again.stderr
    assert instances(pair)["auth-2"] != before["auth-2"]
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
    running.change(services=[*running.state["services"], "grafana", "postgres-exporter"])
    assert running.run("deploy-docker.sh", "example/watchword:1").returncode == 0
    running.change(diary=[])
    identity = running.folder / "backup.key"
    identity.write_text("AGE-SECRET-KEY-1")
    ended = running.run("restore.sh", "latest", str(identity), "--force")
    assert ended.returncode == 0, ended.stderr
    order = running.asked(
        "compose stop", "backup restore latest", "-T migrate$", "-T grants$", "up --detach"
    )
    assert order[0] < order[1] < order[4]
    (line,) = [line for line in running.state["diary"] if "backup restore" in line]
    assert line.endswith("backup restore latest --identity - --yes --force")
    (stopped,) = [line for line in running.state["diary"] if line.startswith("compose stop")]
    assert stopped.endswith(" app postgres-exporter")
    there = {each["service"] for each in running.state["containers"] if each["status"] == "running"}
    assert there == {*running.state["services"]}
    assert running.images() == [OLD, OLD]


WATCHED = ["app", "postgres", "postgres-exporter", "proxy", "redis", "redis-cache"]


@pytest.fixture(scope="module")
def watched_once(deployed: DockerHost, tmp_path_factory: pytest.TempPathFactory) -> DockerHost:
    """A machine on which an exporter is at the database, too."""
    host = deployed.copied(tmp_path_factory.mktemp("watched") / "host")
    host.change(services=WATCHED)
    assert host.run("deploy-docker.sh", "example/watchword:1").returncode == 0
    (host.folder / "backup.key").write_text("AGE-SECRET-KEY-1")
    host.change(diary=[])
    return host


@pytest.fixture
def watched(watched_once: DockerHost, tmp_path: Path) -> DockerHost:
    return watched_once.copied(tmp_path / "host")


def restore(host: DockerHost) -> subprocess.CompletedProcess[str]:
    return host.run("restore.sh", "latest", str(host.folder / "backup.key"), "--force")


def runs(host: DockerHost) -> list[str]:
    """Return the services that run."""
    return sorted(
        {each["service"] for each in host.state["containers"] if each["status"] == "running"}
    )


def schemas_may_be_made(host: DockerHost) -> bool:
    said = [line for line in host.state["diary"] if "CREATE ON DATABASE" in line]
    return "GRANT" in said[-1]


@pytest.mark.req("G-72")
@pytest.mark.parametrize(
    ("how", "at"),
    [
        ("failing", "compose stop"),
        ("ending", "GRANT"),
        ("failing", "backup restore"),
        ("ending", "backup restore"),
        ("ending", "-T migrate$"),
        ("failing", "-T grants$"),
    ],
)
def test_a_restoration_puts_back_what_it_stopped_however_it_ends(
    watched: DockerHost, how: str, at: str
) -> None:
    watched.change(**{how: [at]})
    ended = restore(watched)
    assert ended.returncode == (1 if how == "failing" else 143)
    if at in {"-T migrate$", "-T grants$"}:  # it is restored, and the service cannot have it yet
        assert runs(watched) == WATCHED[1:]
        assert "deploy-docker.sh" in ended.stderr
    else:
        assert runs(watched) == WATCHED
        assert watched.images() == [OLD, OLD]
        assert not (watched.home / "state/stopped").exists()
    assert not schemas_may_be_made(watched)


@pytest.mark.req("G-72")
@pytest.mark.parametrize(
    ("at", "again"),
    [
        ("compose stop", "restore.sh"),
        ("backup restore", "deploy-docker.sh"),
        ("-T migrate$", "restore.sh"),
        ("REVOKE", "deploy-docker.sh"),
    ],
)
def test_after_a_restoration_that_was_killed_all_runs_that_ran(
    watched: DockerHost, again: str, at: str
) -> None:
    watched.change(killing=[at])
    assert restore(watched).returncode < 0
    assert runs(watched) == ["postgres", "proxy", "redis", "redis-cache"]
    ended = (
        restore(watched)
        if again == "restore.sh"
        else watched.run("deploy-docker.sh", "example/watchword:1")
    )
    assert ended.returncode == 0, ended.stderr
    assert runs(watched) == WATCHED
    assert not schemas_may_be_made(watched)
    assert not (watched.home / "state/stopped").exists()


@pytest.mark.req("R-67", "G-03")
@pytest.mark.parametrize("at", ["--scale app=", "-s reload"])
def test_a_script_that_is_asked_to_end_takes_back_what_it_began(
    running: DockerHost, at: str
) -> None:
    before = [each["id"] for each in running.state["containers"]]
    running.change(ending=[at], replicas=None)
    asked = ("update.sh", "example/watchword:2") if "scale" in at else ("scale.sh", "3")
    former = running.told("REPLICAS")
    assert running.run(*asked).returncode == 143
    assert [each["id"] for each in running.state["containers"]] == before
    assert running.images() == [OLD, OLD]
    assert running.told("REPLICAS") == former
    assert running.state["faults"] == []


def test_a_restoration_needs_a_key(running: DockerHost) -> None:
    assert running.run("restore.sh", "latest").returncode == 1
    assert running.images() == [OLD, OLD]
