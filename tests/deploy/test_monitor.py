"""The script that looks from outside: it tells people once, and starts nothing anew."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.deploy_files import DEPLOY, ROOT
from tests.support.services import debian

SCRIPT = DEPLOY / "scripts/monitor.sh"
WELL = (200, '{"status":"healthy"}')


@dataclass
class Place:
    """A service that answers as a test says, and a channel that keeps what it is told."""

    answer: tuple[int, str] = WELL
    channel: int = 200
    told: list[str] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = place.answer
                self.send_response(status)
                if status == 301:
                    self.send_header("Location", f"{place.url}/elsewhere")
                self.end_headers()
                self.wfile.write(body.encode())

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                if place.channel == 200:
                    place.told.append(json.loads(text)["text"])
                self.send_response(place.channel)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return where it is."""
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def place() -> Iterator[Place]:
    made = Place()
    yield made
    assert made.server is not None
    made.server.shutdown()
    made.server.server_close()


@dataclass(frozen=True)
class Monitor:
    """The script as cron runs it."""

    folder: Path
    place: Place

    def look(self, *words: str, **more: str) -> int:
        """Look once."""
        told = {
            **os.environ,
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "MONITOR_STATE": str(self.folder / "state"),
            "LOOK_AGAIN": "0",
            "ALERT_WEBHOOK_URL": f"{self.place.url}/hook",
            **more,
        }
        words = words or ("--once", f"{self.place.url}/health")
        return subprocess.run(
            ["sh", SCRIPT, *words], env=told, capture_output=True, check=False
        ).returncode


@pytest.fixture
def monitor(tmp_path: Path, place: Place) -> Monitor:
    curl = debian.program("curl", "curl", ROOT / ".cache/curl")
    libraries = ":".join(map(str, debian.libraries(ROOT / ".cache/curl/root")))
    tools = {
        "curl": f'LD_LIBRARY_PATH={libraries} exec {curl} "$@"',
        "sendmail": f'cat >"{tmp_path}/letter"',
    }
    for name, does in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    return Monitor(tmp_path, place)


@pytest.mark.req("R-69", "R-68", "D-51")
def test_people_are_told_once_when_it_begins_and_once_when_it_is_over(monitor: Monitor) -> None:
    assert monitor.look() == 0
    monitor.place.answer = (503, '{"status":"unhealthy"}')
    assert [monitor.look(), monitor.look(), monitor.look()] == [1, 1, 1]
    assert monitor.place.told == [f"{monitor.place.url}/health is away"]
    monitor.place.answer = WELL
    assert [monitor.look(), monitor.look()] == [0, 0]
    assert monitor.place.told[1:] == [f"{monitor.place.url}/health is back"]


@pytest.mark.req("D-51")
@pytest.mark.parametrize(
    "answer", [(301, ""), (200, "<h1>Welcome to nginx!</h1>"), (200, ""), (404, WELL[1])]
)
def test_only_the_service_itself_counts(monitor: Monitor, answer: tuple[int, str]) -> None:
    monitor.place.answer = answer
    assert monitor.look() == 1
    assert len(monitor.place.told) == 1


@pytest.mark.req("R-68")
def test_a_command_of_yours_runs_when_it_begins(monitor: Monitor) -> None:
    monitor.place.answer = (503, "")
    mark = monitor.folder / "mark"
    words = ("--once", "--on-fail", f"echo once >>{mark}", f"{monitor.place.url}/health")
    assert [monitor.look(*words), monitor.look(*words)] == [1, 1]
    assert mark.read_text() == "once\n"
    assert len(monitor.place.told) == 1


@pytest.mark.req("R-69")
def test_a_channel_that_is_away_is_told_later_and_a_mailbox_as_well(monitor: Monitor) -> None:
    monitor.place.answer = (503, "")
    monitor.place.channel = 500
    assert monitor.look() == 1
    monitor.place.channel = 200
    assert monitor.look(ALERT_EMAIL="people@example.org") == 1
    assert len(monitor.place.told) == 1
    letter = (monitor.folder / "letter").read_text()
    assert letter.startswith("To: people@example.org\nSubject: Watchword: ")


@pytest.mark.req("D-51")
def test_it_looks_by_https_and_starts_nothing_anew(monitor: Monitor) -> None:
    assert monitor.look("--once", "http://auth.example.org/health") == 2
    assert monitor.look("--once", 'https://auth.example.org/"') == 2
    assert monitor.look() == 0
    text = SCRIPT.read_text()
    assert "docker" not in text
    assert "restart" not in text
