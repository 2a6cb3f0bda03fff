"""Reports of a live process: by signal, by command, and by nobody who did not ask for them."""

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.program import watchword
from tests.support.running import Running, ports, started, until, wait_until_ready
from tests.support.world import SECRETS, START, StoppedClock, environment
from watchword.operations.diagnosis.rules import Report, heeds, stack
from watchword.operations.diagnosis.service import begin


def asked(running: Running, folder: Path, settings: dict[str, str], what: str) -> list[Path]:
    """Ask for reports as operators do, and return them."""
    pid = str(running.process.pid)
    said = watchword("debug", what, "--pid", pid, cwd=folder, environ=settings)
    assert said.returncode == 0, said.stderr
    return [Path(line) for line in said.stdout.split()]


@pytest.mark.req("G-69")
def test_every_process_tells_what_fills_its_memory_and_no_secret(
    sqlite_url: str, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    settings = environment(sqlite_url, WEB_CONCURRENCY="2", DEBUG_DIR=str(reports), **ports())
    with started(tmp_path, "serve", **settings) as running:
        wait_until_ready(f"http://127.0.0.1:{settings['PORT']}")
        until(lambda: len(running.workers) == 2, "two processes")
        found = asked(running, tmp_path, settings, "heap")
        assert len(running.workers) == 2, running.said
        assert running.stop() == 0
    assert {int(path.name.split("-")[1]) for path in found}.isdisjoint({running.process.pid})
    for path in found:
        assert path.stat().st_mode & 0o777 == 0o600
        told = path.read_text()
        assert re.search(r"^VmRSS +\d+ kB$", told, re.MULTILINE), told
        assert re.search(r"^ +\d+ +\d+ builtins.dict$", told, re.MULTILINE), told
        assert not any(settings[name] in told for name in SECRETS if settings.get(name))


@pytest.mark.req("G-69")
def test_a_service_that_was_not_told_to_ignores_the_signals(
    sqlite_url: str, tmp_path: Path
) -> None:
    settings = environment(sqlite_url, WEB_CONCURRENCY="1", **ports())
    base = f"http://127.0.0.1:{settings['PORT']}"
    with started(tmp_path, "serve", **settings) as running:
        wait_until_ready(base)
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            running.process.send_signal(number)
        wait_until_ready(base)
        told = {**settings, "DEBUG_DIR": str(tmp_path)}
        pid = str(running.process.pid)
        said = watchword("debug", "heap", "--pid", pid, cwd=tmp_path, environ=told)
        assert (said.returncode, "nothing was sent" in said.stderr) == (1, True)
        assert running.stop() == 0


@pytest.mark.req("G-69")
def test_a_profile_names_the_functions_of_other_threads(tmp_path: Path) -> None:
    begin(Report.PROFILE, tmp_path, StoppedClock(), timedelta(seconds=2)).join()
    [path] = tmp_path.iterdir()
    assert path.name == f"profile-{os.getpid()}-{START:%Y%m%dT%H%M%S%f}.txt"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text().splitlines()
    assert any(re.fullmatch(r"\S.*threading:join.* \d+", line) for line in lines), lines
    assert "test_a_profile_names_the_functions_of_other_threads" in path.read_text()


def test_the_command_ends_no_stranger(sqlite_url: str, tmp_path: Path) -> None:
    settings = environment(sqlite_url, DEBUG_DIR=str(tmp_path))
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        said = watchword(
            "debug", "profile", "--pid", str(sleeper.pid), cwd=tmp_path, environ=settings
        )
        assert (said.returncode, sleeper.poll()) == (1, None)
    finally:
        sleeper.kill()
        sleeper.communicate()


def test_without_a_folder_nothing_is_asked(sqlite_url: str, tmp_path: Path) -> None:
    said = watchword("debug", "heap", "--pid", "2", cwd=tmp_path, environ=environment(sqlite_url))
    assert (said.returncode, "DEBUG_DIR is not set" in said.stderr) == (1, True)


def test_what_a_process_heeds_is_read_from_its_mask() -> None:
    assert heeds("SigCgt:\t0000000000000800\n", signal.SIGUSR2)
    assert not heeds("SigCgt:\t0000000000000800\n", signal.SIGUSR1)
    assert not heeds("", signal.SIGUSR1)


def test_a_stack_is_written_from_the_outside_in() -> None:
    assert stack([("a/inner.py", "f"), ("b/outer.py", "g")]) == "outer:g;inner:f"
