"""Several processes behind one port are one service, and so are their metrics."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.exposed import Exposed, read
from tests.support.ports import free_port
from tests.support.program import COMMAND
from tests.support.running import (
    PATIENCE,
    ask,
    ports,
    started,
    started_by,
    stopped,
    until,
    wait_until_ready,
)
from tests.support.world import PASSWORD, environment, open_world
from watchword.app.supervisor import rest
from watchword.plumbing.settings.processors import processors

UNAVAILABLE = 69
LIVE = {"route": "/live", "method": "GET", "status": "200"}


def scrape(port: str, token: str = "") -> Exposed:
    """Read the metrics as Prometheus would, on a connection of its own."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return read(answer.read().decode())


def lives(port: str) -> float:
    """Return how often the service was asked whether it lives, as its metrics tell."""
    return scrape(port).value("http_requests_total", **LIVE)


def knock(port: str, times: int, others: list[int]) -> None:
    """Ask one worker whether it lives, while the others stand still."""
    with stopped(others[0]):
        for _ in range(times):
            assert ask(f"http://127.0.0.1:{port}/live")[0] == 200


def two_workers(url: str, **more: str) -> dict[str, str]:
    """Return the environment of a service of two processes, its metrics on the service's own port."""
    return environment(url, WEB_CONCURRENCY="2", HOST="127.0.0.1", **{**ports(), **more})


def tells(port: str, number: int) -> Callable[[], bool]:
    """Return a question: do the metrics tell exactly that many?"""
    return lambda: lives(port) == number


@pytest.mark.req("M-56", "K-32")
def test_whichever_process_is_asked_tells_what_all_of_them_counted(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url, METRICS_PORT="")
    port = environ["PORT"]
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        one, other = service.workers
        knock(port, 3, others=[other])
        knock(port, 4, others=[one])
        until(tells(port, 7), "both told")
        for standing_still in (one, other):
            with stopped(standing_still):
                assert lives(port) == 7
        assert service.stop() == 0


@pytest.mark.req("M-56")
@pytest.mark.parametrize("dies", [0, 1])
def test_what_a_killed_process_counted_stays_and_its_successor_counts_on(
    sqlite_url: str, tmp_path: Path, dies: int
) -> None:
    environ = two_workers(sqlite_url, METRICS_PORT=str(free_port()))
    port, metrics = environ["PORT"], environ["METRICS_PORT"]
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        workers = service.workers
        knock(port, 3, others=[workers[1]])
        knock(port, 4, others=[workers[0]])
        until(tells(metrics, 7), "both told")
        survivor = workers[1 - dies]
        os.kill(workers[dies], signal.SIGKILL)

        def successor() -> list[int]:
            assert lives(metrics) == 7
            return [each for each in service.workers if each not in workers]

        until(lambda: bool(successor()), "a successor")
        knock(port, 5, others=[survivor])
        until(tells(metrics, 12), "the successor told")
        assert service.stop() == 0


def test_who_is_asked_to_stop_while_one_process_is_being_replaced_stops(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url)
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        killed = service.workers[1]
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in service.workers, "it is gone")
        assert service.stop() == 0


def refuses(port: str) -> bool:
    """Tell whether a new connection is refused; one that hangs in a queue is not."""
    with contextlib.suppress(ConnectionResetError, socket.timeout):
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
        except ConnectionRefusedError:
            return True
    return False


@pytest.mark.req("A-17", "G-25")
def test_new_connections_are_refused_while_what_is_in_flight_finishes(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url, DRAIN_DELAY="0s")
    port, metrics = environ["PORT"], environ["METRICS_PORT"]
    body = b'{"email": "alice@example.org", "password": "wrong wrong wrong"}'
    head = (
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        with socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE) as slow:
            slow.sendall(head + body[:10])
            service.process.send_signal(signal.SIGTERM)
            until(lambda: refuses(port) and refuses(metrics), "both sockets are closed")
            slow.sendall(body[10:])
            assert slow.recv(4096).startswith(b"HTTP/1.1 401")
        assert service.process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///{}/folder.db", "unable to open"),
        ("postgresql://id@127.0.0.1:1/id?sslmode=banana", "DATABASE_URL: .sslmode"),
    ],
)
def test_a_service_of_which_no_process_can_start_says_why_and_ends(
    tmp_path: Path, url: str, reason: str
) -> None:
    environ = two_workers(url.format(tmp_path))
    (tmp_path / "folder.db").mkdir()
    with started(tmp_path, "serve", **environ) as service:
        assert service.process.wait(PATIENCE) == UNAVAILABLE
        assert re.search(f"a process failed.*{reason}", service.said)
        assert "no process could start: giving up" in service.said


def test_a_service_that_has_served_comes_back_though_all_its_processes_die(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url)
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        for _ in range(2):
            workers = service.workers
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            until(lambda: not set(service.workers) & set(workers), "all are gone")  # noqa: B023
            wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        assert service.stop() == 0


def launcher(folder: Path, before: str = "", *, by: str = "") -> Path:
    """Write a script that does something and becomes the command: its children are the service's."""
    script = folder / "launcher"
    script.write_text(f'#!/bin/sh\n{before}\nexec {by} {COMMAND} "$@"\n')
    script.chmod(0o700)
    return script


def test_the_end_of_a_child_that_it_did_not_start_is_no_concern_of_the_service(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url)
    leaving_a_child = launcher(tmp_path, "sleep 600 &\necho $! >stranger")
    with started_by(leaving_a_child, tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        stranger = int((tmp_path / "stranger").read_text())
        ours = [each for each in service.workers if each != stranger]
        os.kill(stranger, signal.SIGKILL)
        until(lambda: stranger not in service.workers, "it is gone")
        assert service.workers == ours
        os.kill(ours[1], signal.SIGKILL)
        until(lambda: len({*service.workers} - {ours[1]}) == 2, "a successor")
        assert service.stop() == 0


def test_a_service_that_is_started_with_the_ends_of_children_ignored_looks_after_its_own(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url)
    ignoring = launcher(tmp_path, by="env --ignore-signal=CHLD")
    with started_by(ignoring, tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        killed = service.workers[1]
        os.kill(killed, signal.SIGKILL)
        until(lambda: len({*service.workers} - {killed}) == 2, "a successor")
        assert service.stop() == 0


def test_processes_whose_end_somebody_else_was_told_of_are_started_anew(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from watchword.app.supervisor import supervise\n"
        "wait = os.wait\n"
        "def wait_after_somebody_else():\n"
        "    wait()\n"
        "    raise ChildProcessError\n"
        "def work(index, ready, asked):\n"
        "    ready()\n"
        "    if os.path.exists('first'):\n"
        "        os.kill(os.getppid(), signal.SIGTERM)\n"
        "        signal.pause()\n"
        "    open('first', 'w').close()\n"
        "os.wait = wait_after_somebody_else\n"
        "supervise(1, work)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=PATIENCE)


def test_a_process_that_dies_again_and_again_rests_longer_each_time() -> None:
    assert [rest(deaths) for deaths in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert rest(10**9) == 30


@pytest.mark.req("K-35")
@pytest.mark.needs("postgres")
def test_connections_are_added_up_and_what_the_database_holds_is_told_once(
    postgres_url: str, tmp_path: Path
) -> None:
    async def alice() -> None:
        async with open_world(postgres_url, tmp_path) as world:
            await world.subscriber()

    asyncio.run(alice())
    environ = two_workers(postgres_url, METRICS_PORT="0", DB_POOL_MIN="3", DB_POOL_MAX="3")
    port = environ["PORT"]
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        body = {"email": "alice@example.org", "password": PASSWORD}
        for _ in range(2):
            assert ask(f"http://127.0.0.1:{port}/api/v1/auth/login", body)[0] == 200

        def settled() -> bool:
            told = scrape(port)
            return told.value("active_auth_sessions") == 2 and (
                told.value("auth_database_connections") == told.value("database_pool_size") == 6
                and told.value("database_up") == 1
            )

        until(settled, "two sessions, six connections")
        told = scrape(port)
        assert told.value("active_sessions_total") == 2
        assert told.value("app_info") == 1
        assert told.value("http_requests_in_flight") <= 2
        assert service.stop() == 0


@pytest.mark.req("M-56")
def test_auto_starts_a_process_for_each_processor(sqlite_url: str, tmp_path: Path) -> None:
    environ = two_workers(sqlite_url) | {"WEB_CONCURRENCY": "auto"}
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        alone = processors() == 1
        assert len(service.workers) == (0 if alone else processors())
        assert service.stop() == 0


@pytest.mark.req("D-26", "G-23")
def test_metrics_on_a_port_of_their_own_may_ask_for_a_token_too(
    sqlite_url: str, tmp_path: Path
) -> None:
    environ = two_workers(sqlite_url, METRICS_TOKEN="only Prometheus knows")
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{environ['PORT']}")
        with pytest.raises(urllib.error.HTTPError) as refused:
            scrape(environ["METRICS_PORT"])
        assert refused.value.code == 401
        assert scrape(environ["METRICS_PORT"], "only Prometheus knows").value("app_info") == 1
        assert service.stop() == 0
