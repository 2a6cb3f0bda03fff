"""`./run trace [C01 ...]`: every requirement with the tests that prove it.

    docs/reference/requirements.toml   the requirements, by id
    @pytest.mark.req("A-31", ...)      in tests/: read from the source, nothing is run
    exit code                          -> 1 if a mark names an unknown row, or no literal

Capabilities as arguments narrow the list; the counts at the end are always whole.
"""

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEDGER = ROOT / "docs/reference/requirements.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One requirement."""

    capability: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One claim of one test; a row of None was not written as a literal."""

    row: str | None
    test: str


def read_ledger(path: Path = LEDGER) -> tuple[dict[str, str], dict[str, Row]]:
    """Return the capabilities and the rows, both in the ledger's order."""
    ledger = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = {name: Row(**facts) for name, facts in ledger["requirements"].items()}
    return ledger["capabilities"], rows


def read_marks(root: Path = ROOT) -> list[Mark]:
    """Return every claim in the tests, in the order of files and lines."""
    marks: list[Mark] = []
    for path in sorted((root / "tests").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        marks += _marks_within(tree, str(path.relative_to(root)))
    return marks


def _marks_within(node: ast.AST, place: str) -> Iterator[Mark]:
    named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    inner = f"{place}::{node.name}" if isinstance(node, named) else place
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.req"):
        for argument in node.args:
            literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            yield Mark(row=ast.literal_eval(argument) if literal else None, test=place)
    for child in ast.iter_child_nodes(node):
        yield from _marks_within(child, inner)


def mistakes(rows: Mapping[str, Row], marks: Sequence[Mark]) -> list[str]:
    """Return what is wrong with the marks."""
    found = []
    for mark in marks:
        if mark.row is None:
            found.append(f"{mark.test}: a mark must name its row as a plain string")
        elif mark.row not in rows:
            found.append(f"{mark.test}: no such row: {mark.row}")
    return found


def report(
    capabilities: Mapping[str, str],
    rows: Mapping[str, Row],
    marks: Sequence[Mark],
    chosen: Sequence[str],
) -> Iterator[str]:
    """Yield the lines of the report."""
    tests: dict[str, list[str]] = defaultdict(list)
    for mark in marks:
        if mark.row is not None and mark.test not in tests[mark.row]:
            tests[mark.row].append(mark.test)
    counts = []
    for capability, title in capabilities.items():
        own = [name for name, row in rows.items() if row.capability == capability]
        proven = sum(1 for name in own if tests[name])
        counts.append((capability, proven, len(own), title))
        if chosen and capability not in chosen:
            continue
        yield f"\n{capability}  {title}"
        for name in own:
            yield f"  {'+' if tests[name] else ' '} {name:<6}{rows[name].text}"
            yield from (f"             {test}" for test in tests[name])
    yield "\nproven  rows  capability"
    for capability, proven, all_of_it, title in counts:
        yield f"{proven:>6} {all_of_it:>5}  {capability:<4}{title}"
    yield f"{sum(c[1] for c in counts):>6} {sum(c[2] for c in counts):>5}  all"


def main(arguments: Sequence[str]) -> int:
    """Print the report, then what is wrong."""
    capabilities, rows = read_ledger()
    unknown = [word for word in arguments if word not in capabilities]
    if unknown:
        print(f"No such capability: {', '.join(unknown)}", file=sys.stderr)
        return 2
    marks = read_marks()
    for line in report(capabilities, rows, marks, arguments):
        print(line)
    wrong = mistakes(rows, marks)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
