"""Serving: how the process starts, goes on when others die, and stops."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.running import (
    PATIENCE,
    ask,
    ports,
    started,
    wait_until_alive,
    wait_until_ready,
)
from tests.support.services.postgres import Postgres
from tests.support.services.smtp import SmtpSink
from tests.support.world import environment


def under_way(port: int, length: int) -> socket.socket:
    """Begin to sign in, and return once the service waits for the body."""
    connection = socket.create_connection(("127.0.0.1", port))
    head = (
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    )
    connection.sendall(head.encode())
    assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
    return connection


def lets_in(port: int) -> bool:
    """Tell whether somebody may begin to connect."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_development_starts_with_nothing_prints_its_addresses_and_stops(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--dev", **ports()) as service:
        base = service.wait_for(r"Listening on (http://localhost:\d+)")[1]
        service.wait_for(r"Create the first admin +http://localhost:\d+/setup\?token=wwt_")
        service.wait_for(r"Stop: Ctrl\+C")
        for line in ("Sign in / register", "Mailbox and SMS", "API reference", "Metrics"):
            assert line in service.said
        assert ask(f"{base}/ready") == (200, {"status": "ready"})
        metrics = re.search(r"Metrics +(http://\S+)", service.said)
        assert metrics
        assert b"app_info" in urllib.request.urlopen(metrics[1], timeout=PATIENCE).read()
        assert service.stop(signal.SIGINT) == 0
    for path in (tmp_path / "var").rglob("*"):
        if path.is_file() and path.parent.name == "secrets":
            assert path.stat().st_mode & 0o777 == 0o600, path


def test_what_jobs_say_comes_after_the_addresses(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--dev", **ports()) as service:
        service.wait_for("retention.run")
        assert service.said.index("Stop: Ctrl+C") < service.said.index("AUDIT")


def test_the_doctor_can_be_called_as_the_start_says(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--dev", **ports()) as service:
        command = service.wait_for(r"Something odd\? (\S+) doctor ")[1]
    subprocess.run([command, "doctor", "--help"], cwd=tmp_path, capture_output=True, check=True)


def test_secrets_and_accounts_outlive_a_restart(tmp_path: Path) -> None:
    chosen = ports()
    with started(tmp_path, "serve", "--dev", **chosen) as service:
        service.wait_for("Create the first admin")
        service.stop()
    before = {p.name: p.read_bytes() for p in (tmp_path / "var" / "secrets").iterdir()}
    with started(tmp_path, "serve", "--dev", **chosen) as service:
        service.wait_for("Create the first admin")
        service.stop()
    assert before == {p.name: p.read_bytes() for p in (tmp_path / "var" / "secrets").iterdir()}


def test_a_busy_port_takes_the_next_one_and_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        metrics = str(free_port())
        with started(tmp_path, "serve", "--dev", PORT=str(busy), METRICS_PORT=metrics) as service:
            service.wait_for(f"Port {busy} is busy")
            base = service.wait_for(r"Listening on (http://localhost:\d+)")[1]
            assert not base.endswith(str(busy))
            assert ask(f"{base}/live")[0] == 200


def test_development_says_that_it_serves_with_one_process_when_more_are_asked_for(
    tmp_path: Path,
) -> None:
    with started(tmp_path, "serve", "--dev", WEB_CONCURRENCY="2", **ports()) as service:
        service.wait_for("Development serves with one process: WEB_CONCURRENCY")
        service.wait_for("Listening on")
        assert service.workers == []
        assert service.stop() == 0


def test_production_without_secrets_refuses_and_names_them_all(tmp_path: Path) -> None:
    with started(tmp_path, "serve", APP_ENV="production") as service:
        assert service.process.wait(PATIENCE) == 1
        for name in ("JWT_SECRET", "PEPPER", "DATABASE_URL", "PUBLIC_BASE_URL"):
            assert name in service.said


@pytest.mark.req("A-17", "G-25")
def test_what_is_in_flight_at_sigterm_finishes_and_readiness_says_503_first(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(sqlite_url, DRAIN_DELAY="5s"), **chosen, "HOST": "127.0.0.1"}
    with started(tmp_path, "serve", **environ) as service:
        port = int(chosen["PORT"])
        base = f"http://127.0.0.1:{port}"
        wait_until_ready(base)
        body = json.dumps({"email": "alice@example.org", "password": "wrong wrong wrong"}).encode()
        slow = under_way(port, len(body))
        slow.sendall(body[:10])
        service.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while ask(f"{base}/ready")[0] != 503:
            assert time.monotonic() < deadline
        while lets_in(port):  # until the drain is over
            assert time.monotonic() < deadline
        slow.sendall(body[10:])
        assert slow.recv(4096).startswith(b"HTTP/1.1 401")
        assert service.process.wait(PATIENCE) == 0


@pytest.mark.req("A-17")
def test_a_request_that_hangs_does_not_keep_the_process_for_ever(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(sqlite_url, SHUTDOWN_TIMEOUT="1s"), **chosen, "HOST": "127.0.0.1"}
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{chosen['PORT']}")
        hung = under_way(int(chosen["PORT"]), 9)
        assert service.stop() in {0, 1}
        assert "not all requests ended in time" in service.said
        hung.close()


def test_no_request_fails_while_the_service_is_asked_to_stop(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(sqlite_url, DRAIN_DELAY="3s"), **chosen, "HOST": "127.0.0.1"}
    bad: list[object] = []
    good = threading.Semaphore(0)
    with started(tmp_path, "serve", **environ) as service:
        base = f"http://127.0.0.1:{chosen['PORT']}"
        wait_until_ready(base)

        def knock() -> None:
            """Go on asking, as a balancer would, until readiness says no."""
            while ask(f"{base}/ready")[0] == 200:
                try:
                    status = ask(f"{base}/api/v1/auth/me")[0]
                except OSError as error:
                    bad.append(error)
                    return
                if status != 401:
                    bad.append(status)
                good.release()

        threads = [threading.Thread(target=knock) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(40):
            assert good.acquire(timeout=PATIENCE)
        assert service.stop() == 0
        for thread in threads:
            thread.join()
    assert not bad


def test_letters_of_a_killed_process_are_carried_by_the_next_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    sink = SmtpSink.start()
    dead_end = str(free_port())
    settings = {
        **environment(sqlite_url),
        **chosen,
        "HOST": "127.0.0.1",
        "EMAIL_SERVICE": "smtp",
        "SMTP_HOST": "127.0.0.1",
    }
    base = f"http://127.0.0.1:{chosen['PORT']}"
    try:
        with started(tmp_path, "serve", **{**settings, "SMTP_PORT": dead_end}) as service:
            wait_until_ready(base)
            body = {
                "email": "alice@example.org",
                "password": "a quiet harbour at dawn",
                "name": "Alice Benali",
            }
            assert ask(f"{base}/api/v1/auth/register", body)[0] == 201
            service.process.kill()
            service.process.wait(PATIENCE)
        with started(tmp_path, "serve", **{**settings, "SMTP_PORT": str(sink.port)}):
            [letter] = sink.wait_for(1, 2 * PATIENCE)  # the dead process may have held a lease
            assert letter.recipients == ("alice@example.org",)
    finally:
        sink.stop()


@pytest.mark.req("G-01")
def test_two_processes_on_one_database_are_one_service(postgres_url: str, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        bases = []
        for _ in range(2):
            chosen = ports()
            environ = {**environment(postgres_url), **chosen, "HOST": "127.0.0.1"}
            stack.enter_context(started(tmp_path, "serve", **environ))
            bases.append(f"http://127.0.0.1:{chosen['PORT']}")
        for base in bases:
            wait_until_ready(base)
        keys = [ask(f"{base}/.well-known/jwks.json")[1] for base in bases]
        assert keys[0] == keys[1]


@pytest.mark.req("N-15", "A-24")
@pytest.mark.needs("postgres")
def test_a_service_with_a_wrong_address_of_its_database_says_so(
    postgres_url: str, tmp_path: Path
) -> None:
    for url, status, word in (
        (f"postgresql://somebody:secretword@127.0.0.1:{free_port()}/nothing", 503, "down"),
        (postgres_url.replace("@", "-not@"), 503, "down"),
        (postgres_url, 200, "ok"),
    ):
        chosen = ports()
        environ = {**environment(url), **chosen, "HOST": "127.0.0.1"}
        base = f"http://127.0.0.1:{chosen['PORT']}"
        with started(tmp_path, "serve", **environ) as service:
            wait_until_alive(base)
            answered, told = ask(f"{base}/health")
            assert (answered, told["database"]) == (status, word)
            assert "secretword" not in json.dumps(told) + service.said
            assert service.stop() == 0


def test_a_service_that_starts_before_its_database_waits_for_it(
    postgres_server: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(postgres_url), **chosen, "HOST": "127.0.0.1"}
    base = f"http://127.0.0.1:{chosen['PORT']}"
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    with started(tmp_path, "serve", **environ) as service:
        wait_until_alive(base)
        assert ask(f"{base}/ready") == (
            503,
            {"status": "not_ready", "reason": "database, migrations"},
        )
        service.wait_for("the database is away: waiting for it")
        assert "Traceback" not in service.said
        postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        wait_until_ready(base)


def test_before_its_migrations_the_log_says_what_is_missing_and_shows_no_stack(
    tmp_path: Path,
) -> None:
    chosen = ports()
    url = f"sqlite:///{tmp_path}/empty.db"
    environ = {**environment(url, WEB_CONCURRENCY="1"), **chosen, "HOST": "127.0.0.1"}
    base = f"http://127.0.0.1:{chosen['PORT']}"
    with started(tmp_path, "serve", **environ) as service:
        wait_until_alive(base)
        assert ask(f"{base}/ready")[0] == 503
        body = {"email": "alice@example.org", "password": "a quiet harbour at dawn"}
        status, told = ask(f"{base}/api/v1/auth/login", body)
        assert (status, told["code"]) == (503, "schema_behind")
        service.wait_for("job delayed.*no such table")
        assert service.stop() == 0
    assert "Traceback" not in service.said


def test_the_service_outlives_its_database(
    postgres_server: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(postgres_url), **chosen, "HOST": "127.0.0.1"}
    base = f"http://127.0.0.1:{chosen['PORT']}"
    name = postgres_url.rpartition("/")[2].partition("?")[0]
    with started(tmp_path, "serve", **environ):
        wait_until_ready(base)
        postgres_server.execute(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        assert ask(f"{base}/live")[0] == 200
        assert ask(f"{base}/ready")[0] == 503
        body = {"email": "alice@example.org", "password": "a quiet harbour at dawn"}
        status, told = ask(f"{base}/api/v1/auth/login", body)
        assert (status, told["code"]) == (503, "database_unavailable")
        postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        wait_until_ready(base)
        assert ask(f"{base}/api/v1/auth/login", body)[0] == 401


def test_the_processes_of_one_service_end_with_their_parent_even_when_it_is_killed(
    postgres_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = {**environment(postgres_url, WEB_CONCURRENCY="2"), **chosen, "HOST": "127.0.0.1"}
    base = f"http://127.0.0.1:{chosen['PORT']}"
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(base)
        service.process.kill()
        service.process.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):
            while ask(f"{base}/live"):
                assert time.monotonic() < deadline, "somebody still answers"
                time.sleep(0.1)
