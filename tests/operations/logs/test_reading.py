"""`watchword logs`: what the files of the log hold."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.terminal import Terminal
from watchword.operations.logs.rules import Wanted
from watchword.operations.logs.service import followed


def line(message: str, level: str = "info", ago: timedelta = timedelta(0), **more: Any) -> str:
    """Return a line of the log."""
    at = datetime.now(UTC) - ago
    told = {"timestamp": at.isoformat(), "level": level, "message": message, "service": "s"}
    return json.dumps({**told, **more}) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of logs: two days of them, the elder files turned over."""
    folder = tmp_path / "logs"
    folder.mkdir()
    day = timedelta(days=1)
    (folder / "combined.log.10").write_text(line("eldest", ago=2 * day))
    (folder / "combined.log.2").write_text(line("elder", "error", day, category="http"))
    (folder / "combined.log").write_text(
        "not JSON\n[1]\n" + line("now", "warn", category="audit") + line("broken", "error")
    )
    return folder


@pytest.fixture
def terminal(sqlite_url: str, folder: Path) -> Terminal:
    """A terminal beside a service that keeps its log in files."""
    return Terminal(sqlite_url, folder.parent, more={"LOG_DIR": str(folder)})


def messages(terminal: Terminal, *words: str) -> list[str]:
    """Return the messages of the lines that were printed."""
    said = terminal.run("logs", "--json", *words)
    assert said.code == 0, said.err
    return [json.loads(text)["message"] for text in said.out.splitlines()]


@pytest.mark.req("R-73")
def test_lines_are_found_by_level_time_category_and_words(terminal: Terminal) -> None:
    assert messages(terminal) == ["eldest", "elder", "now", "broken"]
    assert messages(terminal, "--level", "error") == ["elder", "broken"]
    assert messages(terminal, "--level", "error", "--since", "1h") == ["broken"]
    assert messages(terminal, "--category", "audit") == ["now"]
    assert messages(terminal, "--grep", "ELD") == ["eldest", "elder"]


def test_people_read_them_as_text(terminal: Terminal, folder: Path) -> None:
    said = terminal.run("logs", "--file", str(folder / "combined.log"))
    last = said.out.splitlines()[-1]
    assert last.split()[1:] == ["error", "broken"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--level", "loud"), 2), (("--since", "soon"), 2), (("--file", "nowhere.log"), 1)],
)
def test_what_makes_no_sense_is_said(terminal: Terminal, words: tuple[str, ...], code: int) -> None:
    assert terminal.run("logs", *words).code == code


def test_where_the_log_is_in_no_files_that_is_said(sqlite_url: str, tmp_path: Path) -> None:
    said = Terminal(sqlite_url, tmp_path).run("logs")
    assert (said.code, "LOG_DIR" in said.err) == (1, True)


def test_who_follows_sees_new_lines_also_after_the_file_was_turned_over(tmp_path: Path) -> None:
    path, seen, two = tmp_path / "combined.log", list[str](), threading.Event()
    path.write_text(line("before"))
    lines: Iterator[str] = followed(path, Wanted(level="warn"))

    def read() -> None:
        for text in lines:
            seen.append(json.loads(text)["message"])
            if len(seen) == 1:
                path.rename(tmp_path / "combined.log.1")
                path.write_text(line("hello") + line("second", "error"))
            if seen[-1] == "second":
                two.set()
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    until_written = threading.Event()
    while not seen and not until_written.wait(0.05):
        with path.open("a") as file:
            file.write(line("quiet") + line("first", "warn"))
        until_written.wait(0.4)
    assert two.wait(30)
    assert ({*seen[:-1]}, seen[-1]) == ({"first"}, "second")
