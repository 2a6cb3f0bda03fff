"""Every variable that the code reads is a setting that somebody declared."""

import ast
import re
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
