"""What does not let a command work is told in a sentence, with an exit code, and never as a stack."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.program import watchword
from tests.support.running import ports
from tests.support.world import environment

REFUSED, USAGE, UNAVAILABLE = 1, 2, 69


@pytest.fixture
def busy() -> Iterator[str]:
    """Yield a port that somebody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield str(taken.getsockname()[1])


def told(folder: Path, *words: str, powerless: bool = False, **environ: str) -> tuple[int, str]:
    """Run the command; return how it ended and the one sentence it said, warnings aside."""
    said = watchword(*words, cwd=folder, environ=environ, powerless=powerless)
    assert "Traceback" not in said.stderr
    [sentence] = [line for line in said.stderr.splitlines() if not line.startswith("warning: ")]
    return said.returncode, sentence


@pytest.mark.parametrize("name", ["PORT", "METRICS_PORT"])
def test_a_port_that_is_taken_is_named_with_the_setting_that_chooses_another(
    sqlite_url: str, tmp_path: Path, busy: str, name: str
) -> None:
    environ = {**environment(sqlite_url), **ports(), "HOST": "127.0.0.1", name: busy}
    code, sentence = told(tmp_path, "serve", **environ)

    assert code == REFUSED
    assert f"Port {busy} " in sentence
    assert f"{name}=" in sentence


@pytest.mark.parametrize("words", [("users", "list"), ("stats",)])
def test_a_database_that_was_not_migrated_says_which_command_does_it(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, sentence = told(tmp_path, *words, **environment(f"sqlite:///{tmp_path}/empty.db"))

    assert code == UNAVAILABLE
    assert "watchword migrate up" in sentence


@pytest.mark.parametrize("words", [("users", "list"), ("migrate", "up"), ("serve",)])
@pytest.mark.parametrize(
    ("name", "reason"),
    [("noise.db", "not a database"), ("noise.db/folder/watchword.db", "Not a directory")],
)
def test_a_file_that_cannot_be_the_database_is_told_with_the_reason(
    tmp_path: Path, words: tuple[str, ...], name: str, reason: str
) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    environ = environment(f"sqlite:///{tmp_path}/{name}", WEB_CONCURRENCY="1", HOST="127.0.0.1")
    code, sentence = told(tmp_path, *words, **{**environ, **ports()})

    assert code == UNAVAILABLE
    assert reason in sentence


@pytest.mark.parametrize(
    "base",
    ["localhost:8000", "::::", "http://[::1", "http://h:99999", "ftp://localhost", "http://", "h"],
)
def test_an_address_that_is_none_is_told_with_one_that_would_be(tmp_path: Path, base: str) -> None:
    code, sentence = told(tmp_path, "health", "--base", base)

    assert code == USAGE
    assert base in sentence
    assert "--base http://localhost:8000" in sentence


def test_what_answers_and_speaks_no_http_is_told_as_such(tmp_path: Path) -> None:
    with _chatting(b"SSH-2.0-OpenSSH_9.2\r\n") as address:
        code, sentence = told(tmp_path, "health", "--base", address)

    assert (code, sentence) == (UNAVAILABLE, f"What answers at {address} speaks no HTTP.")


@pytest.mark.req("D-51")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n<h1>Welcome</h1>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    ],
)
def test_who_sends_us_on_or_shows_another_page_is_not_well(tmp_path: Path, answer: bytes) -> None:
    with _chatting(answer) as address:
        code, sentence = told(tmp_path, "health", "--base", address)

    assert code == REFUSED
    assert sentence.startswith(f"What answers at {address}")


@contextlib.contextmanager
def _chatting(answer: bytes) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        chatter = threading.Thread(target=lambda: _chat(server.accept()[0], answer))
        chatter.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        chatter.join()


def _chat(line: socket.socket, answer: bytes) -> None:
    with line:
        line.recv(4096)
        line.sendall(answer)


def test_a_file_that_stands_where_var_should_be_is_told_with_what_mends_it(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    code, sentence = told(tmp_path, "serve", "--dev")

    assert code == REFUSED
    assert "mv var var.old" in sentence


@pytest.mark.parametrize(
    "words", [("serve", "--dev"), ("secrets", "generate", "--dir", "var/secrets")]
)
@pytest.mark.parametrize("sealed", [".", "var"])
def test_a_folder_that_cannot_be_written_to_is_told_with_what_mends_it(
    tmp_path: Path, words: tuple[str, ...], sealed: str
) -> None:
    if sealed == "var":
        (tmp_path / "var").mkdir()
    (tmp_path / sealed).chmod(0o500)
    code, sentence = told(tmp_path, *words, powerless=True)
    (tmp_path / sealed).chmod(0o700)

    assert code == REFUSED
    assert "Permission denied" in sentence
    wanted = "chmod -R u+rwX var" if sealed == "var" else "chmod u+rwX ."
    assert sentence.endswith(wanted)


def test_secrets_that_cannot_be_read_are_told_with_what_mends_it(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o000)
    code, sentence = told(tmp_path, "users", "list", powerless=True)
    (tmp_path / "var").chmod(0o700)

    assert code == REFUSED
    assert sentence.endswith("chmod -R u+rwX var")


def test_a_database_that_cannot_be_written_to_is_told_with_what_mends_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    environ = environment(f"sqlite:///{folder}/watchword.db")
    assert watchword("migrate", "up", cwd=tmp_path, environ=environ).returncode == 0
    folder.chmod(0o500)
    code, sentence = told(tmp_path, "users", "list", powerless=True, **environ)
    folder.chmod(0o700)

    assert code == UNAVAILABLE
    assert f"chmod -R u+rwX {folder}" in sentence


def test_a_service_that_is_not_there_is_told_to_programs_too(tmp_path: Path) -> None:
    said = watchword("health", "--json", "--base", f"http://127.0.0.1:{free_port()}", cwd=tmp_path)

    assert said.returncode == UNAVAILABLE
    assert json.loads(said.stdout) == {"status": "unreachable"}
    assert "Nobody answers" in said.stderr


def test_development_tells_the_same_of_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    url = f"sqlite:///{tmp_path}/noise.db"
    code, sentence = told(tmp_path, "serve", "--dev", DATABASE_URL=url, **ports())

    assert code == UNAVAILABLE
    assert "not a database" in sentence


def test_a_command_that_cannot_reach_its_database_says_why_and_tells_no_password(
    tmp_path: Path,
) -> None:
    url = f"postgresql://watchword:quiet-harbour@127.0.0.1:{free_port()}/watchword"
    code, sentence = told(tmp_path, "users", "list", **environment(url))

    assert code == UNAVAILABLE
    assert "refused" in sentence.casefold()
    assert "quiet-harbour" not in sentence
