"""Every variable that the code reads is a setting that somebody declared."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import watchword
from watchword.app.settings import catalogue

SOURCE = Path(watchword.__file__).parent
READS = re.compile(r"""(?:environ(?:\.\w+)?\s*[\[(]|getenv\()\s*["']([A-Z][A-Z0-9_]*)""")


def modules() -> list[tuple[str, str]]:
    return [
        (path.relative_to(SOURCE).as_posix(), path.read_text("utf-8"))
        for path in SOURCE.rglob("*.py")
    ]


def test_only_app_reads_the_environment() -> None:
    readers = {path for path, text in modules() if re.search(r"\bos\.(environ|getenv)\b", text)}

    assert all(path.startswith("app/") for path in readers), readers


@pytest.mark.req("R-06")
def test_no_variable_is_read_that_no_section_declares() -> None:
    known = catalogue.known_names(catalogue.entries(catalogue.sections()))

    read = {name for _, text in modules() for name in READS.findall(text)}

    assert read <= known


def test_every_section_is_found() -> None:
    found = {kind.__name__ for kind in catalogue.sections()}

    written = {
        node.name
        for _, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(each, ast.Name) and each.id == "section" for each in node.decorator_list)
    }
    assert written == found


# Those of the cache that is kept beside the sessions' own memory come with it.
OF_THE_CACHE = {
    "CACHE_TTL_DEFAULT_SECONDS",
    "CACHE_TTL_EMAIL_VERIFIED_SECONDS",
    "CACHE_TTL_USER_SECONDS",
    "REDIS_CACHE_URL",
}


def test_every_variable_of_the_five_systems_is_a_setting_by_each_of_its_names() -> None:
    wanted = tomllib.loads(Path(__file__).with_name("variables.toml").read_text("utf-8"))
    entries = catalogue.entries(catalogue.sections())
    by_name = {name: entry.name for entry in entries.values() for name in entry.names}

    assert set(wanted["names"]) - set(entries) <= OF_THE_CACHE
    assert {name: by_name.get(name) for name in wanted["aliases"]} == wanted["aliases"]


def test_every_secret_may_come_from_a_file_named_by_a_variable() -> None:
    entries = catalogue.entries(catalogue.sections())
    secrets = {name for entry in entries.values() if entry.secret for name in entry.names}

    assert {f"{name}_FILE" for name in secrets} <= catalogue.known_names(entries)
    like_secrets = re.compile(r"(SECRET|PASSWORD|PASS|TOKEN|API_KEY|PEPPER|ACCESS_KEY|DSN)$")
    open_ones = {name for name in entries if like_secrets.search(name)} - secrets
    assert open_ones == set(), "they would be shown"


@pytest.mark.req("N-18", "A-46")
def test_no_dotenv_enters_version_control_but_its_example() -> None:
    ignored = (SOURCE.parents[1] / ".gitignore").read_text("utf-8").splitlines()

    assert ignored.index(".env*") < ignored.index("!.env.example")
    assert [line for line in ignored if line.startswith("!")] == ["!.env.example"]
