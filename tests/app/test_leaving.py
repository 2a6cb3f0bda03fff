"""One process of several leaves, or all do by one signal: what is in hand is answered, and who comes."""

import contextlib
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.half_sent import half_sent
from tests.support.program import COMMAND
from tests.support.running import (
    PATIENCE,
    Running,
    ask,
    ports,
    started,
    started_by,
    until,
    wait_until_ready,
)
from tests.support.world import environment
from watchword.app.stopping import MOMENT_SECONDS

_LISTENS = "0A"


def two_processes(url: str, **more: str) -> dict[str, str]:
    """Return the environment of a service of two that waits long for what it has in hand."""
    chosen = {"WEB_CONCURRENCY": "2", "HOST": "127.0.0.1", "SHUTDOWN_TIMEOUT": "600s"}
    return environment(url, **chosen, **ports(), **more)


def holds_socket(pid: int, port: str) -> bool:
    """Tell whether a process holds the socket that listens at a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    at = f":{int(port):04X}"
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(at) and row[3] == _LISTENS}
    assert sockets
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if str(each.readlink()) in sockets:
                return True
    return False


def ends(service: Running, ask_again: Callable[[], None]) -> bool:
    """Ask once more, and look for a while: a person who asks again does not drum."""
    ask_again()
    with contextlib.suppress(subprocess.TimeoutExpired):
        service.process.wait(2 * MOMENT_SECONDS)
    return service.process.returncode is not None


@pytest.mark.req("A-17", "G-25")
@pytest.mark.parametrize("leaves", [0, 1])
def test_while_one_process_finishes_what_it_has_in_hand_the_other_takes_who_comes(
    sqlite_url: str, tmp_path: Path, leaves: int
) -> None:
    environ = two_processes(sqlite_url)
    port, metrics = environ["PORT"], environ["METRICS_PORT"]
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        both = service.workers
        leaver = both[leaves]
        with half_sent(port, to_all_but=both[1 - leaves]) as [slow]:
            os.kill(leaver, signal.SIGTERM)
            until(lambda: not holds_socket(leaver, port), "it takes nobody any more")
            for _ in range(5):
                assert ask(f"http://127.0.0.1:{port}/ready")[0] == 200
            socket.create_connection(("127.0.0.1", int(metrics)), timeout=PATIENCE).close()
            assert slow.finish() == b"401"

        def replaced() -> bool:
            return leaver not in service.workers and len(service.workers) == 2

        until(replaced, "a successor")
        with urllib.request.urlopen(
            f"http://127.0.0.1:{metrics}/metrics", timeout=PATIENCE
        ) as told:
            assert told.status == 200
        assert service.stop() == 0


@pytest.mark.req("A-17")
def test_a_process_that_hears_of_the_end_from_two_sides_answers_what_it_has_in_hand(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_processes(sqlite_url)
    port = environ["PORT"]
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        one, other = service.workers
        with half_sent(port, to_all_but=other) as [slow]:
            os.kill(one, signal.SIGTERM)
            until(lambda: not holds_socket(one, port), "it heard it once")
            service.process.send_signal(signal.SIGTERM)
            until(lambda: service.workers == [one], "it heard it twice, as the other did once")
            assert slow.finish() == b"401"
        assert service.process.wait(PATIENCE) == 0


@pytest.mark.req("A-17")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_process_group_is_one_and_the_next_ends_at_once(
    sqlite_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    environ = two_processes(sqlite_url)
    port = environ["PORT"]
    leader = tmp_path / "leader"
    leader.write_text(f'#!/bin/sh\nexec setsid {COMMAND} "$@"\n')
    leader.chmod(0o700)
    with started_by(leader, tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        with half_sent(port, 12) as them, half_sent(port, 2):
            os.killpg(service.process.pid, number)
            until(lambda: "stopping" in service.said, "it stops")
            assert [each.finish() for each in them] == [b"401"] * 12
            until(
                lambda: ends(service, lambda: os.killpg(service.process.pid, number)),
                "it ends, though two have not sent all",
            )


@pytest.mark.req("A-17")
@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_next_signal_ends_the_drain_on_both_ports(
    sqlite_url: str, tmp_path: Path, processes: str
) -> None:
    environ = two_processes(sqlite_url, DRAIN_DELAY="600s") | {"WEB_CONCURRENCY": processes}
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        service.process.send_signal(signal.SIGTERM)
        until(  # one that was not ready yet has ended at once
            lambda: service.said.count("stopping") == max(1, len(service.workers)), "it drains"
        )
        until(
            lambda: ends(service, lambda: service.process.send_signal(signal.SIGTERM)),
            "it ends, though the drain goes on",
        )
