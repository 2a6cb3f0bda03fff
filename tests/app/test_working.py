"""A worker of its own: it carries what others queue, and tells how it is at a port of its own."""

import contextlib
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.mail.test_commands import beside, by_sendgrid
from tests.support.ports import free_port
from tests.support.running import ask, ports, started, until, wait_until_alive, wait_until_ready
from tests.support.services.smtp import SmtpSink
from tests.support.stub import SILENCE
from tests.support.world import environment
from watchword.adapters.providers import PATIENCE
from watchword.app.settings import Settings
from watchword.app.settings.reader import read
from watchword.plumbing.settings import ServerSettings

ALICE = {"email": "alice@example.org", "password": "a quiet harbour at dawn", "name": "Alice"}
OURS = "127.0.0.1"


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    smtp = SmtpSink.start()
    yield smtp
    smtp.stop()


def settings(database: str, sink: SmtpSink, **more: str) -> dict[str, str]:
    return environment(
        database,
        HOST=OURS,
        EMAIL_SERVICE="smtp",
        SMTP_HOST=OURS,
        SMTP_PORT=str(sink.port),
        **more,
    )


def scraped(url: str, token: str = "") -> str:
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return str(answer.read().decode())


@pytest.mark.req("N-65")
def test_a_worker_of_its_own_tells_what_it_carried_by_whom_how_fast_and_what_waits(
    sqlite_url: str, sink: SmtpSink, tmp_path: Path
) -> None:
    chosen = {"PORT": str(free_port()), "WORKER_METRICS_PORT": str(free_port())}
    given = {**settings(sqlite_url, sink), **chosen}
    base, beside = (f"http://{OURS}:{port}" for port in chosen.values())
    with (
        started(tmp_path, "serve", **given, RUN_WORKER="false") as service,
        started(tmp_path, "worker", **given) as worker,
    ):
        wait_until_ready(base)
        wait_until_alive(beside)
        assert ask(f"{base}/api/v1/auth/register", ALICE)[0] == 201
        sink.wait_for(1, 60)
        sent = re.compile(r'emails_sent_total\{provider="smtp",template="\w+",result="sent"\} 1.0')
        until(lambda: sent.search(scraped(f"{beside}/metrics")) is not None, "the worker's count")
        up = 'email_provider_up{provider="smtp"} 1.0'
        until(lambda: up in scraped(f"{beside}/metrics"), "the carrier was looked at")
        told = scraped(f"{beside}/metrics")
        assert "email_queue_depth" in told
        bounds = re.findall(r'email_delivery_duration_seconds_bucket\{.*le="([^"]+)"\}', told)
        assert bounds == ["0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "+Inf"]
        assert sent.search(scraped(f"{base}/metrics")) is None
        status, health = ask(f"{beside}/health")
        assert (status, health["database"]) == (200, "ok")
        assert health["checks"]["email_providers"] == {"smtp": {"available": True}}  # type: ignore[index]
        assert (worker.stop(), service.stop()) == (0, 0)


@pytest.mark.req("N-82")
def test_a_provider_that_takes_its_time_delays_no_answer_of_ours(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    base = f"http://{OURS}:{chosen['PORT']}"
    with beside(SILENCE) as provider:
        given = environment(sqlite_url, HOST=OURS, **by_sendgrid(provider)) | chosen
        with started(tmp_path, "serve", **given, WEB_CONCURRENCY="1"):
            wait_until_ready(base)
            assert ask(f"{base}/api/v1/auth/register", ALICE)[0] == 201
            until(lambda: bool(provider.asked), "the provider was asked, and keeps silent")
            seconds = []
            for _ in range(5):
                began = time.monotonic()
                asked = {"email": ALICE["email"]}
                assert ask(f"{base}/api/v1/auth/forgot-password", asked)[0] == 202
                seconds.append(time.monotonic() - began)
            assert min(seconds) < PATIENCE.total_seconds() / 2, seconds


def test_a_worker_says_503_when_letters_cannot_leave(
    sqlite_url: str, sink: SmtpSink, tmp_path: Path
) -> None:
    port = str(free_port())
    given = settings(sqlite_url, sink, WORKER_METRICS_PORT=port)
    with started(tmp_path, "worker", **{**given, "SMTP_PORT": str(free_port())}):
        wait_until_alive(f"http://{OURS}:{port}")
        assert ask(f"http://{OURS}:{port}/health")[0] == 503


def test_the_token_of_metrics_holds_at_the_workers_port_too(
    sqlite_url: str, sink: SmtpSink, tmp_path: Path
) -> None:
    port = str(free_port())
    given = settings(sqlite_url, sink, WORKER_METRICS_PORT=port, METRICS_TOKEN="a token of many")
    with started(tmp_path, "worker", **given):
        wait_until_alive(f"http://{OURS}:{port}")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            scraped(f"http://{OURS}:{port}/metrics")
        assert "app_info" in scraped(f"http://{OURS}:{port}/metrics", "a token of many")


def test_a_worker_whose_port_nobody_named_carries_letters_even_if_that_is_taken(
    sqlite_url: str, sink: SmtpSink, tmp_path: Path
) -> None:
    with _taken() as busy:
        given = {**settings(sqlite_url, sink), **ports(), "METRICS_PORT": str(busy - 1)}
        with started(tmp_path, "worker", **given) as worker:
            worker.wait_for("metrics are told nowhere: set WORKER_METRICS_PORT")
            worker.wait_for("worker started")
            assert worker.stop() == 0


def test_a_worker_without_a_port_of_its_own_says_that_its_metrics_are_nowhere(
    sqlite_url: str, sink: SmtpSink, tmp_path: Path
) -> None:
    given = {**settings(sqlite_url, sink), "METRICS_PORT": ""}
    with started(tmp_path, "worker", **given) as worker:
        worker.wait_for("metrics are told nowhere: set WORKER_METRICS_PORT")
        worker.wait_for("worker started")
        assert worker.stop() == 0


def test_a_worker_whose_named_port_is_taken_does_not_start_and_says_so(
    sqlite_url: str, sink: SmtpSink, tmp_path: Path
) -> None:
    with _taken() as busy:
        given = settings(sqlite_url, sink, WORKER_METRICS_PORT=str(busy))
        with started(tmp_path, "worker", **given) as worker:
            assert worker.process.wait(30) == 1
            assert f"Port {busy} of {OURS} cannot be listened on" in worker.said
            assert "WORKER_METRICS_PORT=" in worker.said


def _of(tmp_path: Path, **told: str) -> int:
    read_settings: Settings = read(environment("sqlite:///x.db", **told), cwd=tmp_path)
    return read_settings.section(ServerSettings).worker_metrics_port


def test_the_workers_port_is_the_one_after_the_services_unless_it_is_named(tmp_path: Path) -> None:
    assert _of(tmp_path, METRICS_PORT="9090") == 9091
    assert _of(tmp_path, METRICS_PORT="9090", WORKER_METRICS_PORT="9100") == 9100
    assert _of(tmp_path, METRICS_PORT="9090", WORKER_METRICS_PORT="0") == 0
    assert _of(tmp_path, METRICS_PORT="0") == 0
    assert _of(tmp_path, METRICS_PORT="9090", METRICS_ENABLED="false") == 0


@contextlib.contextmanager
def _taken() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind((OURS, 0))
        taken.listen()
        yield int(taken.getsockname()[1])
