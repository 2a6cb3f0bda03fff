"""The pages are true to the code, lead somewhere, and name what exists."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer.main

from tests.support.markdown import ROOT, blocks, headings, links, pages, words
from tests.support.started import COMMAND
from watchword.app import slices
from watchword.app.settings import catalogue

SOURCE = ROOT / "src/watchword"
WRITTEN = [page for page in pages() if "Written by ./run docs" not in page.read_text("utf-8")]
NO_SETTINGS = {
    "NAME_FILE",
    *("TEST_POSTGRES_URL", "TEST_REDIS_URL", "TEST_AMQP_URL"),  # those of the suite
    *("AUTH_FAILURE", "SECURITY_EVENT"),  # words of the log
    *("WATCHWORD_HOST", "WATCHWORD_INSTANCES"),  # Caddy's
    *(
        "COMPOSE_FILE",
        "HTTP_PORT",
        "HTTPS_PORT",
        "WEB_SUBNET",
        "POSTGRES_PORT",
        "REDIS_PORT",
        "REDIS_USERS",
    ),  # those of Compose
    *("UID", "GID", "ALERT_EMAIL"),  # the image's, and a script's
    *("KUBECONFIG_DATA", "TRIAL_ACCOUNT", "TRIAL_PASSWORD"),  # the workflow's
    *("MIGRATION_TIMEOUT", "SMOKE_OPTIONS"),  # those of scripts for a cluster
}

PROVIDERS = {f"api.{name}" for name in ("sendgrid.com", "mailgun.net", "twilio.com")} | {
    "api.eu.sendgrid.com",
    "api.eu.mailgun.net",
    "accounts.google.com",
    "github.com",
    "api.github.com",
    "www.linkedin.com",
    "jsonlines.org",
    "169.254.169.254",  # where a machine of AWS finds its role
}


def by_path(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_what_the_code_tells_by_itself_is_up_to_date() -> None:
    command = [sys.executable, "-m", "tools.docs", "--check"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_every_slice_has_a_page_that_tells_its_story() -> None:
    for floor, name in slices.slices():
        folder = "flows/records" if floor == "records" else "flows"
        page = (ROOT / f"docs/{folder}/{name}.md").read_text("utf-8")
        assert f"`src/watchword/{floor}/{name}/`" in page


def test_every_problem_has_a_page_that_says_what_to_do() -> None:
    codes = {
        code
        for path in SOURCE.rglob("*.py")
        for code in re.findall(
            r"^class \w+\(\w+\):\n    \"\"\"(?:.|\n)*?\"\"\"\n\n    code = \"(\w+)\"",
            path.read_text("utf-8"),
            re.MULTILINE,
        )
    }
    assert len(codes) > 25
    for code in codes:
        page = (ROOT / f"docs/problems/{code}.md").read_text("utf-8")
        assert "## What to do\n\n" in page


@pytest.mark.parametrize("page", pages(), ids=by_path)
def test_a_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.hostname == "localhost", link
            continue
        target = (page.parent / parts.path).resolve() if parts.path else page
        assert target.exists(), link
        if parts.fragment:
            assert parts.fragment in headings(target), link


@pytest.mark.parametrize("page", WRITTEN, ids=by_path)
def test_a_file_that_a_page_names_is_there(page: Path) -> None:
    for word in words(page):
        if re.fullmatch(r"\w[\w./-]*/[\w.-]+\.(?:py|md|toml|txt)", word):
            inside = SOURCE.rglob(Path(word).name)
            assert (ROOT / word).exists() or any(
                path.as_posix().endswith(f"/{word}") for path in inside
            ), word


@pytest.mark.parametrize("page", WRITTEN, ids=by_path)
def test_a_setting_that_a_page_names_is_one(page: Path) -> None:
    known = catalogue.known_names(catalogue.entries(catalogue.sections()))
    for word in words(page):
        found = re.fullmatch(
            r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PORT|HOST|PEPPER|HTTPS)(?:=.*)?", word
        )
        if found and found[1] not in NO_SETTINGS:
            assert found[1] in known, word


def command_line() -> object:
    """Return the tree of commands, as typer has it."""
    from tools.pages import reference

    list(reference.commands())
    return typer.main.get_command(reference.cli.root)


@pytest.mark.parametrize("page", WRITTEN, ids=by_path)
def test_a_command_that_a_page_names_is_one(page: Path) -> None:
    told = [word for word in words(page) if word.startswith("watchword ")]
    told += [
        line.strip()
        for block in blocks(page)
        for line in re.findall(r"(?:^|\s|\()(watchword [a-z][^|)\n]*)", block.text)
        if block.language in {"sh", "bash"}
    ]
    top = command_line()
    for line in told:
        command, rest = top, line.split()[1:]
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]  # type: ignore[attr-defined]
        by_itself = not hasattr(command, "commands") or command.invoke_without_command
        assert by_itself or rest in ([], ["--version"], ["--help"]), line
        options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}  # type: ignore[attr-defined]
        assert {word for word in rest if word.startswith("--")} <= options | {"--help"}, line


def groups(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield the path and the command of every group, the root first."""
    if getattr(command, "commands", {}):
        yield path, command
        for name, inner in command.commands.items():
            yield from groups(f"{path} {name}", inner)


def test_the_help_of_every_group_shows_examples_of_its_own() -> None:
    told = {path: command.epilog or "" for path, command in groups("watchword", command_line())}
    assert {"watchword", "watchword email", "watchword email queue"} <= set(told)
    for path, epilog in told.items():
        assert epilog.startswith("Example: "), path
        for line in epilog.splitlines():
            assert f"{path} " in line, line


@pytest.mark.parametrize("page", pages(), ids=by_path)
def test_a_page_says_nothing_of_the_machine_it_was_written_on(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"(?<![\w.<])/(?:home|root|tmp|work|usr)/", text)
    hosts = {urlsplit(url).hostname for url in re.findall(r"https?://[^\s)>\"'`,;]+", text)}
    hosts -= PROVIDERS
    assert all(h in {"localhost", "127.0.0.1", None} or "example" in str(h) for h in hosts), hosts


def test_the_pictures_are_few_and_small() -> None:
    pictures = list((ROOT / "docs/screens").glob("*.png"))
    assert pictures
    assert sum(each.stat().st_size for each in pictures) < 3 * 1024 * 1024
    told = {Path(link).name for link in links(ROOT / "docs/screens/README.md")}
    assert told == {each.name for each in pictures}


def test_the_command_is_installed() -> None:
    assert COMMAND.exists()
