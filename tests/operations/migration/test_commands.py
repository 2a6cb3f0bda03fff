"""`watchword migrate`: the schema from the console."""

import sqlite3
from pathlib import Path

import pytest

from tests.support.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal before an empty database."""
    return Terminal(f"sqlite:///{tmp_path}/watchword.db", tmp_path)


@pytest.mark.req("R-71")
def test_status_exits_2_while_something_is_pending(terminal: Terminal) -> None:
    before = terminal.run("migrate", "status", "--json")
    terminal.run("migrate", "up")
    after = terminal.run("migrate", "status", "--json")

    assert (before.code, after.code) == (2, 0)
    assert {row["state"] for row in before.json} == {"pending"}
    assert {row["state"] for row in after.json} == {"applied"}


@pytest.mark.parametrize("newest", ["before_9999", "9f3a7c21"])
def test_a_database_of_a_newer_program_is_told_as_such_and_not_as_pending(
    terminal: Terminal, tmp_path: Path, newest: str
) -> None:
    terminal.run("migrate", "up")
    with sqlite3.connect(tmp_path / "watchword.db") as line:
        line.execute("DELETE FROM alembic_version")
        line.execute("INSERT INTO alembic_version VALUES (?)", [newest])
    said = terminal.run("migrate", "status")

    assert said.code == 1
    assert "newer than this program" in said.err
    assert newest in said.err
    assert "pending" not in said.out + said.err


@pytest.mark.req("N-42")
def test_up_twice_is_a_no_op(terminal: Terminal) -> None:
    first, second = terminal.run("migrate", "up"), terminal.run("migrate", "up")

    assert (first.code, second.code) == (0, 0)
    assert "before_0001" in first.out
    assert second.out == "Nothing was pending.\n"


@pytest.mark.req("A-56")
def test_a_revision_is_marked_and_unmarked(terminal: Terminal) -> None:
    marked = terminal.run("migrate", "resolve", "before_0001", "--applied")
    assert marked.code == 0
    states = {r["id"]: r["state"] for r in terminal.run("migrate", "status", "--json").json}
    assert states["before_0001"] == "applied"

    terminal.run("migrate", "resolve", "before_0001", "--rolled-back")
    states = {r["id"]: r["state"] for r in terminal.run("migrate", "status", "--json").json}
    assert states["before_0001"] == "pending"


def test_programs_are_told_in_json_what_was_marked_and_what_the_script_is(
    terminal: Terminal,
) -> None:
    marked = terminal.run("migrate", "resolve", "before_0001", "--applied", "--json")
    script = terminal.run("migrate", "sql", "--dialect", "sqlite", "--json")

    assert marked.json == {"revision": "before_0001", "state": "applied"}
    assert script.json["sql"] == terminal.run("migrate", "sql", "--dialect", "sqlite").out


def test_a_revision_that_does_not_exist_is_refused(terminal: Terminal) -> None:
    said = terminal.run("migrate", "resolve", "before_9999", "--applied")

    assert said.code == 2
    assert "before_0001" in said.err


@pytest.mark.req("A-56", "D-65")
def test_reset_is_refused_in_production(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("migrate", "up")
    terminal.more = {
        "APP_ENV": "staging",
        "EMAIL_FROM": "noreply@id.example.org",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_USER": "id",
        "SMTP_PASSWORD": "f3a9c1d27b6e4085",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PEPPER": "b7d1" * 4 + "0c94e2a85f3d6b17" * 4,
    }
    for words in (("--database", "watchword.db", "--yes"), ("--dry-run",)):
        said = terminal.run("migrate", "reset", *words)
        assert (said.code, said.out) == (77, "")
    assert tables(tmp_path) > {"users"}


@pytest.mark.req("A-56")
def test_reset_wants_the_databases_name(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("migrate", "up")
    sqlite3.connect(tmp_path / "watchword.db").execute("CREATE TABLE stray (id INTEGER)")

    assert terminal.run("migrate", "reset").code == 2
    assert terminal.run("migrate", "reset", "--database", "other.db").code == 2
    assert terminal.run("migrate", "reset", "--yes").code == 2
    unanswered = terminal.run("migrate", "reset", "--database", "watchword.db")
    assert (unanswered.code, "--yes" in unanswered.err) == (2, True)
    dry = terminal.run("migrate", "reset", "--dry-run", "--json")
    assert dry.json == {"would_destroy": "watchword.db"}
    assert terminal.run("migrate", "reset", "--database", "other.db", "--dry-run").code == 2
    assert "stray" in tables(tmp_path)
    assert terminal.run("migrate", "reset", "--database", "watchword.db", "--yes").code == 0
    assert tables(tmp_path) > {"users"}
    assert "stray" not in tables(tmp_path)


@pytest.mark.req("M-02")
def test_the_schema_is_printed_as_a_script(terminal: Terminal) -> None:
    postgres = terminal.run("migrate", "sql").out
    sqlite = terminal.run("migrate", "sql", "--dialect", "sqlite").out

    assert "FORCE ROW LEVEL SECURITY" in postgres
    assert "CREATE SCHEMA IF NOT EXISTS auth" in postgres
    assert "ROW LEVEL SECURITY" not in sqlite
    sqlite3.connect(":memory:").executescript(sqlite)


@pytest.mark.parametrize(
    "words",
    [("up", "--half", "middle"), ("sql", "--dialect", "oracle"), ("resolve", "before_0001")],
)
def test_what_makes_no_sense_is_refused(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.run("migrate", *words).code == 2


def tables(folder: Path) -> set[str]:
    line = sqlite3.connect(folder / "watchword.db")
    return {name for (name,) in line.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
