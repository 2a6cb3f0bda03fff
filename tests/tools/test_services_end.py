"""What a test run starts ends with it, however it ends; what is missing is named."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
START = """
import signal, time
from tests.support.services import Postgres, Valkey
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background is born ignoring it
server = {start}
print({url}, server.kept.folder, flush=True)
time.sleep(600)
"""
SERVERS = {
    "postgres": START.format(start="Postgres.start(fsync=False)", url="server.admin_url"),
    "valkey": START.format(start="Valkey.start()", url="server.base_url"),
}
STORY = """
import pytest

def test_alone(): ...
def test_by_fixture(valkey_url): ...
@pytest.mark.needs("postgres")
def test_by_mark(): ...
@pytest.mark.parametrize("kind", ["memory", pytest.param("valkey", marks=pytest.mark.needs("valkey"))])
def test_by_parameter(kind): ...
def test_in_secret(request): request.getfixturevalue("valkey_url")
"""


def listens(url: str) -> bool:
    """Say whether anybody answers there."""
    address = urlsplit(url)
    with socket.socket() as line:
        return line.connect_ex((address.hostname or "", address.port or 0)) == 0


def holds_within(seconds: float, fact: Callable[[], bool]) -> bool:
    """Say whether a fact about other processes comes true in time."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def python(*words: str, **variables: str) -> subprocess.Popen[str]:
    """Start our Python with the project on its path."""
    return subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_with_the_process_that_started_it(server: str, end: signal.Signals) -> None:
    with python("-c", SERVERS[server]) as owner:
        assert owner.stdout is not None
        url, folder = owner.stdout.readline().split()
        assert listens(url)

        try:
            owner.send_signal(end)
            owner.wait(30)
        finally:
            owner.kill()

        assert holds_within(20, lambda: not listens(url))
        assert holds_within(20, lambda: not Path(folder).exists())


def test_without_services_their_tests_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "test_story.py").write_text(STORY)
    words = ("-m", "pytest", "-p", "tests.support.services.plugin", "-p", "no:valkey")
    with python(*words, "--no-services", f"--rootdir={tmp_path}", str(tmp_path)) as run:
        said, _ = run.communicate(timeout=60)

    assert "1 failed, 2 passed, 3 deselected" in said
    assert 'needs valkey: mark it @pytest.mark.needs("valkey")' in said
    assert "the tests that need a service were left out" in said


def test_a_missing_browser_is_told_with_the_command_that_mends_it(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from tests.support.services import ServiceMissing, chromium\n"
        "try: chromium.find(Path('cache'))\n"
        "except ServiceMissing as missing: print(missing)\n"
    )
    with python("-c", script, PATH=str(tmp_path), TEST_CHROMIUM=str(tmp_path / "none")) as run:
        said, _ = run.communicate(timeout=60)

    assert said.startswith("Chromium is missing (tried: TEST_CHROMIUM, PATH,")
    assert "To mend it: apt-get install chromium" in said
