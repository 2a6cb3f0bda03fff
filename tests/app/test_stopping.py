"""Stopping: whoever has reached the service is answered, however many they are and whenever it is asked."""

import asyncio
import contextlib
import http.client
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop

from tests.support.relay import certificate
from tests.support.running import PATIENCE, Running, ports, started, until, wait_until_ready
from tests.support.world import environment
from watchword.app import listening
from watchword.app.listening import Server, bind, turn_away

PEOPLE = 40
LONG = timedelta(seconds=PATIENCE)
LIVE = b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Crowd:
    """People who ask on kept connections, one half of them posting, until they are refused."""

    port: int
    answers: Counter[str] = field(default_factory=Counter)
    dropped: list[str] = field(default_factory=list)

    def ask_until_refused(self, number: int) -> None:
        """Ask on one connection, and on a new one when told that this was the last answer."""
        line: http.client.HTTPConnection | None = None
        while True:
            if line is None:
                line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                try:
                    line.connect()
                except ConnectionRefusedError:
                    return
            try:
                line = self._ask(line, posting=bool(number % 2))
            except (OSError, http.client.HTTPException) as broken:
                self.dropped.append(repr(broken))
                return

    def _ask(
        self, line: http.client.HTTPConnection, *, posting: bool
    ) -> http.client.HTTPConnection | None:
        if posting:
            headers = {"Content-Type": "application/json"}
            line.request("POST", "/api/v1/auth/refresh", '{"refreshToken": "nothing"}', headers)
        else:
            line.request("GET", "/.well-known/jwks.json")
        answer = line.getresponse()
        answer.read()
        self.answers[f"{'POST' if posting else 'GET'} {answer.status}"] += 1
        if answer.getheader("connection") == "close":
            line.close()
            return None
        return line


def refused(port: int) -> Callable[[], bool]:
    """Return a question: is a new connection refused?"""

    def ask() -> bool:
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except ConnectionRefusedError:
                return True
        return False

    return ask


def stop(service: Running) -> None:
    service.process.send_signal(signal.SIGTERM)


@pytest.mark.req("A-17")
def test_under_load_a_stop_drops_no_request_and_no_posting(sqlite_url: str, tmp_path: Path) -> None:
    chosen = ports()
    limits = {"RATE_LIMIT_API": "1000000/60000", "RATE_LIMIT_AUTH": "1000000/60000"}
    environ = environment(
        sqlite_url, WEB_CONCURRENCY="2", CLOSING_GRACE="20s", HOST="127.0.0.1", **limits, **chosen
    )
    crowd = Crowd(int(chosen["PORT"]))
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{crowd.port}")
        people = [
            threading.Thread(target=crowd.ask_until_refused, args=(n,)) for n in range(PEOPLE)
        ]
        for each in people:
            each.start()
        until(lambda: crowd.answers.total() > 5 * PEOPLE, "everybody asks")
        stop(service)
        for each in people:
            each.join()
        assert service.process.wait(PATIENCE) == 0
    assert crowd.dropped == []
    assert set(crowd.answers) == {"GET 200", "POST 401"}, crowd.answers


@pytest.mark.req("A-17")
def test_a_kept_connection_is_answered_once_more_and_told_that_it_was_the_last(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = environment(
        sqlite_url, WEB_CONCURRENCY="1", CLOSING_GRACE="20s", HOST="127.0.0.1", **chosen
    )
    port = int(chosen["PORT"])
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as kept:
            kept.sendall(LIVE)
            assert b"connection: close" not in kept.recv(4096)
            stop(service)
            until(refused(port), "nobody new is taken")
            kept.sendall(LIVE)
            said = kept.recv(4096)
            assert said.startswith(b"HTTP/1.1 200")
            assert b"connection: close" in said
            assert kept.recv(4096) == b""
        assert service.process.wait(PATIENCE) == 0


@pytest.mark.req("A-17")
def test_who_says_nothing_on_a_kept_connection_is_waited_for_no_longer_than_the_grace(
    sqlite_url: str, tmp_path: Path
) -> None:
    chosen = ports()
    environ = environment(
        sqlite_url, WEB_CONCURRENCY="1", CLOSING_GRACE="1s", HOST="127.0.0.1", **chosen
    )
    port = int(chosen["PORT"])
    with started(tmp_path, "serve", **environ) as service:
        wait_until_ready(f"http://127.0.0.1:{port}")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as kept:
            kept.sendall(LIVE)
            kept.recv(4096)
            stop(service)
            assert kept.recv(4096) == b""
        assert service.process.wait(PATIENCE) == 0
    assert "not all requests ended in time" not in service.said


def test_who_begins_to_connect_is_not_heard_once_they_are_turned_away() -> None:
    with bind("127.0.0.1", 0) as listener:
        where = listener.getsockname()
        socket.create_connection(where, 30).close()
        turn_away(listener)
        with pytest.raises(TimeoutError):
            socket.create_connection(where, 0.3)


@pytest.mark.req("A-17")
def test_whoever_waits_in_the_queue_of_a_busy_service_is_let_in_before_it_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting: list[socket.socket] = []

    def while_the_loop_is_busy(listener: socket.socket) -> None:
        for _ in range(PEOPLE):
            waiting.append(socket.create_connection(listener.getsockname(), PATIENCE))
            waiting[-1].sendall(LIVE)
        turn_away(listener)

    monkeypatch.setattr(listening, "turn_away", while_the_loop_is_busy)
    monkeypatch.setattr(listening, "_HANDSHAKE_SECONDS", 0)

    uvloop.run(serve_and_stop(Server(answer_nothing, LONG, grace=LONG), bind("127.0.0.1", 0)))
    assert [each.recv(4096)[:12] for each in waiting] == [b"HTTP/1.1 204"] * PEOPLE
    for each in waiting:
        each.close()


@pytest.mark.req("A-17")
def test_who_has_yet_to_agree_on_tls_when_the_socket_closes_is_answered(tmp_path: Path) -> None:
    serving, asking = certificate(tmp_path)
    server = Server(answer_nothing, LONG, serving, grace=LONG)
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        stopping = threading.Thread(
            target=lambda: uvloop.run(serve_and_stop(server, listener)), daemon=True
        )
        stopping.start()
        until(refused(port), "nobody new is taken")
        with asking.wrap_socket(line, server_hostname="127.0.0.1") as agreed:
            agreed.sendall(LIVE)
            assert agreed.recv(4096).startswith(b"HTTP/1.1 204")
        stopping.join(PATIENCE)
    assert not stopping.is_alive()


async def serve_and_stop(server: Server, listener: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    server.should_exit = True
    await serving


async def answer_nothing(_scope: object, _receive: object, send: Callable[..., object]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
