"""The five examples start as their pages print it, and the story that each tells is true."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.environments import fresh_secrets
from tests.support.markdown import ROOT, blocks, links
from tests.support.ports import own_address
from tests.support.running import Running, until, wait_until_ready
from tests.support.running import started as begun
from tests.support.shell import tools_folder
from tests.support.started import COMMAND
from watchword.app.settings import dotenv, read

EXAMPLES = ROOT / "examples"
UNIT = ROOT / "deploy/systemd/watchword.service"
SYSTEMS = ("ariya", "generic", "molam", "nova", "romapi")
PORTS = {"ariya": 3000, "generic": 3000, "molam": 8085, "nova": 3000, "romapi": 3001}
_CODE, _FLAGS = "watchword dev code", "watchword flags set"

TOLD: Mapping[str, Sequence[str]] = {
    "nova": (
        '"status":"healthy"',
        "verification_sent",
        '"email_verified":true',
        "accepted",
        '"session_id"',
        "amina@example.dz",
        "Cité 109, Daboussy El Achour, Alger",
    ),
    "ariya": (
        '"status":"healthy"',
        "verification_sent",
        '"email_verified":true',
        '"session_id"',
        '"role":"vendor"',
        "accepted",
    ),
    "romapi": (
        '"status":"healthy"',
        "verification_sent",
        '"email_verified":true',
        "",
        "dev@example.org",
        '"keys"',
        '"providers":[]',
    ),
    "molam": (
        '"status":"healthy"',
        "verification_sent",
        '"email_verified":true',
        "accepted",
        '"reset_token"',
        "CON Molam",
        "molam_id_",
    ),
    "generic": (
        "",
        "verification_sent",
        '"email_verified":true',
        "",
        '"refresh_token"',
        '"keys"',
        "not_offered",
    ),
}


def printed(system: str) -> tuple[list[str], list[str]]:
    """Return the lines that start an example, and those that try it."""
    start, trial = (
        each.text.strip().splitlines() for each in blocks(EXAMPLES / system / "README.md")
    )
    return start, trial


class Shell:
    """A shell in a folder: every line sees what earlier ones set."""

    def __init__(self, folder: Path, address: str, port: int) -> None:
        self.folder = folder
        path = f"{tools_folder(folder)}:{COMMAND.parent}:{os.environ['PATH']}"
        self.variables = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "HOST": address}
        self.base = f"http://{address}:{port}"
        self._set: list[str] = []
        self._read = 0

    def type(self, line: str) -> str:
        """Type a line; return what it printed."""
        if line.startswith("cd "):
            self.folder /= line.removeprefix("cd ")
            return ""
        if re.match(r"[A-Z]+=\S*$", line):
            self._set.append(line.replace("http://localhost", self.base.rpartition(":")[0]))
            return ""
        if _CODE in line:
            self._wait_for_a_letter()
        script = line.replace("http://localhost", self.base.rpartition(":")[0])
        done = subprocess.run(
            ["sh", "-eu", "-c", "\n".join([*self._set, script])],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _wait_for_a_letter(self) -> None:
        """Wait until all that was asked for is in the mailbox."""
        until(lambda: len(self._codes()) > self._read, "a letter came")
        self._read = len(self._codes())

    def _codes(self) -> list[object]:
        with urllib.request.urlopen(f"{self.base}/dev/mail.json") as answer:
            return [each for each in json.load(answer)["messages"] if each["code"]]


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_example_starts_as_printed_and_its_story_is_true(system: str, tmp_path: Path) -> None:
    start, trial = printed(system)
    shutil.copytree(EXAMPLES / system, tmp_path / "examples" / system)
    shell = Shell(tmp_path, own_address(), PORTS[system])
    assert start[-1] == "watchword serve"
    for line in start[:-1]:
        shell.type(line)
    assert shell.folder == tmp_path / "examples" / system
    with begun(shell.folder, "serve", **shell.variables) as service:
        wait_until_ready(shell.base)
        _tell(shell, trial, TOLD[system], service)
        assert service.stop() == 0


def _tell(shell: Shell, trial: Sequence[str], told: Sequence[str], service: Running) -> None:
    asked, before = iter(told), ""
    for line in trial:
        said = shell.type(line)
        if line.startswith("curl"):
            wanted = next(asked)
            if before.startswith(_FLAGS):  # the service hears of it a moment later
                until(lambda: wanted in shell.type(line), wanted)  # noqa: B023 - called at once
            else:
                assert wanted in said, f"{line}\n{said}\n{service.said}"
        before = line
    assert list(asked) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_its_production_starts_as_the_settings_of_the_unit_but_for_secrets(
    system: str, tmp_path: Path
) -> None:
    shutil.copytree(EXAMPLES / system, tmp_path, dirs_exist_ok=True)
    given, faults = dotenv.parse((tmp_path / "production.env").read_text("utf-8"))
    kept = {
        **fresh_secrets(),
        "DATABASE_URL": "postgresql://auth:kept-elsewhere@db.example.org/auth_db",
        "REDIS_URL": "rediss://redis.example.org:6379/0",
        "SMTP_PASSWORD": "kept-elsewhere",
        "METRICS_TOKEN": fresh_secrets()["PEPPER"],
    }
    machine = tmp_path / "etc/watchword"
    (machine / "secrets").mkdir(parents=True, mode=0o700)
    if (tmp_path / "letters").exists():
        (tmp_path / "letters").rename(machine / "letters")
    for name, text in kept.items():
        (machine / "secrets" / name).write_text(text)
        (machine / "secrets" / name).chmod(0o600)
    (line,) = re.findall(r"^Environment=(.*)$", UNIT.read_text(), re.MULTILINE)
    of_the_unit = dict(word.split("=", 1) for word in line.split())
    environ = {  # EnvironmentFile= goes before Environment=
        name: value.replace("/etc/watchword", str(machine))
        for name, value in (of_the_unit | given).items()
    }
    elsewhere = tmp_path / "var"
    elsewhere.mkdir()

    settings = read(environ, cwd=elsewhere)

    assert faults == []
    assert settings.texts["APP_PROFILE"] == system
    assert settings.warnings == ()
    assert not set(given) & set(kept)
    assert not set(given) & {"SECRETS_DIR", "BACKUP_DIR"}


@pytest.mark.parametrize(
    "page", sorted(EXAMPLES.rglob("README.md")), ids=lambda page: page.parent.name
)
def test_a_link_of_an_example_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if not link.startswith("http"):
            assert (page.parent / link.partition("#")[0]).exists(), link


def test_no_example_holds_a_secret() -> None:
    for path in EXAMPLES.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert not re.search(
                r"^\s*[A-Z_]*(SECRET|PASSWORD|PASS|TOKEN|PEPPER)=\S", text, re.MULTILINE
            ), path
