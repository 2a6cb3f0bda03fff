"""The image: what its Dockerfile says, and its steps run on this machine where there is no Docker."""

import contextlib
import fnmatch
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploy_files import DEPLOY, DIGEST, ROOT, Instruction, instructions
from tests.support.environments import fresh_secrets
from tests.support.ports import free_port
from tests.support.running import Running, wait_until_ready

DOCKERFILE = DEPLOY / "docker/Dockerfile"
INSTALLED = "/opt/watchword"
POWERLESS = ROOT / "tests/support/powerless.py"
FAST = {"PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": ""}


def of(word: str) -> list[str]:
    return [each.rest for each in instructions(DOCKERFILE) if each.word == word]


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for each in instructions(DOCKERFILE):
        if each.word == "FROM":
            found.append([])
        found[-1].append(each)
    return found


@pytest.mark.req("R-09", "D-09")
def test_hadolint_has_nothing_to_say() -> None:
    ended = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "--no-color", DOCKERFILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.req("D-10", "R-64")
def test_both_stages_begin_at_the_same_digest() -> None:
    bases = [base.split()[0] for base in of("FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert DIGEST.match(bases[0])


@pytest.mark.req("R-10", "G-26", "D-08")
def test_it_is_nobody_of_the_host_and_asks_itself_how_it_is() -> None:
    last = stages()[-1]
    said = {(each.word, each.rest) for each in last}
    assert {("ARG", "UID=1001"), ("ARG", "GID=1001"), ("USER", "${UID}:${GID}")} <= said
    (health,) = of("HEALTHCHECK")
    assert health.endswith('CMD ["watchword", "health"]')
    assert {"3000", "3001", "8085"} <= set(" ".join(of("EXPOSE")).split())
    made = " ".join(each.rest for each in last if each.word == "RUN")
    assert {"/app/logs", "/app/keys", "/app/ssl"} <= set(made.split())


@pytest.mark.req("R-11")
def test_it_is_asked_as_often_as_it_must_be() -> None:
    (health,) = of("HEALTHCHECK")
    told = dict(re.findall(r"--([a-z-]+)=(\S+)", health))
    assert told == {"interval": "30s", "timeout": "3s", "start-period": "5s", "retries": "3"}


@pytest.mark.req("R-64")
def test_no_secret_can_come_near_the_image() -> None:
    lines = [each for each in (ROOT / ".dockerignore").read_text().splitlines() if each[:1] != "#"]
    assert lines[0] == "*"
    for path in (
        "secrets/JWT_SECRET",
        "deploy/compose/.env",
        "tls/privkey.pem",
        "src/.env",
        ".git",
    ):
        assert is_left_out(path, lines), path
    for path in ("src/watchword/app/main.py", "pyproject.toml", "requirements/run.txt"):
        assert not is_left_out(path, lines), path
    copied = {word for rest in of("COPY") if "--from" not in rest for word in rest.split()[:-1]}
    assert {path for path in copied if is_left_out(path, lines)} == set()
    told = " ".join([*of("ENV"), *of("ARG")])
    assert not re.search(r"SECRET|PASSWORD|PEPPER|TOKEN", told)


def is_left_out(path: str, lines: list[str]) -> bool:
    """Say whether Docker leaves a path out: the last line that fits it, or a folder of it, decides."""
    out = False
    heads = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
    for line in lines:
        kept, pattern = line.startswith("!"), line.lstrip("!").removeprefix("**/")
        deep = "**/" in line
        fits = any(
            fnmatch.fnmatch(head.rsplit("/", 1)[-1] if deep else head, pattern) for head in heads
        )
        out = (not kept) if fits else out
    return out


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """The steps of the Dockerfile, run in a scratch folder; what they download is kept between runs."""
    folder = Path(tempfile.mkdtemp(prefix="watchword-image-"))
    folder.chmod(0o755)
    tools = Path(tempfile.mkdtemp(prefix="watchword-tools-"))
    subprocess.run([sys.executable, "-m", "venv", tools], check=True, capture_output=True)
    lock = hashlib.sha256((ROOT / "requirements/run.txt").read_bytes()).hexdigest()[:16]
    cache = ROOT / f".cache/image/{sys.version_info.major}.{sys.version_info.minor}-{lock}"
    for each in stages()[0]:
        if each.word == "COPY":
            *sources, target = each.rest.split()
            for source in sources:
                copy(ROOT / source, folder / "build" / target, target)
        elif each.word == "RUN" and "pip download" in each.rest and cache.exists():
            shutil.copytree(cache, folder / "build/wheels")
        elif each.word == "RUN":
            step = each.rest.replace(INSTALLED, str(folder / "opt/watchword"))
            ended = subprocess.run(
                ["sh", "-euc", step],
                cwd=folder / "build",
                env={**os.environ, "PATH": f"{tools}/bin:{os.environ['PATH']}", **FAST},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            if "pip download" in step:
                cache.parent.mkdir(parents=True, exist_ok=True)
                filling = Path(tempfile.mkdtemp(dir=cache.parent)) / "wheels"
                shutil.copytree(folder / "build/wheels", filling)
                with contextlib.suppress(OSError):  # another run was faster
                    filling.rename(cache)
                shutil.rmtree(filling.parent)
    shutil.rmtree(folder / "build")  # the image has the environment alone
    yield folder / "opt/watchword"
    shutil.rmtree(folder)
    shutil.rmtree(tools)


def copy(source: Path, target: Path, name: str) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        return
    folder = target if name.endswith(("/", ".")) else target.parent
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, folder)


@pytest.mark.req("R-09", "D-09")
def test_what_is_shipped_is_what_is_needed_and_nothing_that_builds(built: Path) -> None:
    there = {
        path.name.partition("-")[0].lower()
        for path in built.glob("lib/*/site-packages/*.dist-info")
    }
    assert {"watchword", "asyncpg", "redis", "cryptography"} <= there
    assert not there & {"pip", "setuptools", "hatchling", "editables", "wheel", "pytest", "mypy"}


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder like /app on a read-only root; `writable` in it is all that can be written to."""
    made = Path(tempfile.mkdtemp(prefix="watchword-home-"))
    (made / "writable").mkdir()
    made.chmod(0o555)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@pytest.mark.req("R-20", "R-24", "M-28")
def test_it_serves_from_the_wheel_alone_on_a_root_that_it_cannot_write(
    built: Path, home: Path, tmp_path: Path
) -> None:
    port = str(free_port())
    told = {
        **fresh_secrets(),
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "TMPDIR": str(home / "writable"),
        "LC_ALL": "C.UTF-8",
        "APP_ENV": "test",
        "APP_PROFILE": "molam",
        "PORT": port,
        "DATABASE_URL": f"sqlite:///{home}/writable/auth.db",
        "REDIS_URL": "redis://127.0.0.1:1",
        "WEB_CONCURRENCY": "2",
        "HEALTH_CHECK_PATH": "/how-are-you",
        "LOG_DIR": f"{home}/writable/logs",
    }
    command = [sys.executable, str(POWERLESS), str(built / "bin/watchword")]

    def ended(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words], cwd=home, env=told, capture_output=True, text=True, check=False
        )

    migrated = ended("migrate", "up")
    assert migrated.returncode == 0, migrated.stderr
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "serve"],
            cwd=home,
            env=told,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    running = Running(process, log)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        health = ended("health")
        assert (health.returncode, health.stderr) == (0, "")
        assert '"database":"ok"' in health.stdout
        assert {path.name for path in home.iterdir()} == {"writable"}
    finally:
        assert running.stop() == 0, running.said
    assert ended("health").returncode == 69
