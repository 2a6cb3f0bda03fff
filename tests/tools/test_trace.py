"""The trace finds every claim in the tests and refuses one about nothing."""

import subprocess
import sys
from pathlib import Path

from tools.trace import Mark, mistakes, read_ledger, read_marks, report

STORY = """
import pytest
pytestmark = pytest.mark.req("A-01")

class TestLogin:
    @pytest.mark.req("A-02", "A-03")
    async def test_once(self): ...

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("Z-99"))])
@pytest.mark.req(NAME)
def test_twice(x): ...
"""


def test_marks_are_read_from_modules_classes_functions_and_parameters(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_story.py").write_text(STORY)
    place = "tests/test_story.py"

    assert read_marks(tmp_path) == [
        Mark(row="A-01", test=place),
        Mark(row="A-02", test=f"{place}::TestLogin::test_once"),
        Mark(row="A-03", test=f"{place}::TestLogin::test_once"),
        Mark(row="Z-99", test=f"{place}::test_twice"),
        Mark(row=None, test=f"{place}::test_twice"),
    ]


def test_an_unknown_row_and_a_row_that_is_no_literal_are_mistakes() -> None:
    _, rows = read_ledger()
    marks = [Mark(row="A-01", test="a"), Mark(row="Z-99", test="b"), Mark(row=None, test="c")]

    assert mistakes(rows, marks) == [
        "b: no such row: Z-99",
        "c: a mark must name its row as a plain string",
    ]


def test_every_row_is_listed_with_its_tests_and_counted() -> None:
    capabilities, rows = read_ledger()
    lines = [*report(capabilities, rows, [Mark(row="A-01", test="tests/x.py::test_it")], [])]

    listed = [line[4:].split()[0] for line in lines if line.startswith(("  + ", "    "))]
    assert {*rows} <= {*listed}
    assert lines[-1].split() == ["1", str(len(rows)), "all"]
    assert next(line.split()[0] for line in lines if "  C01 " in line and "16" in line) == "1"


def test_every_claim_of_our_own_tests_names_a_row() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tools.trace", "C01"], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
