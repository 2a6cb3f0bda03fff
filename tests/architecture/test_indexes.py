"""The indexes: a package that is no slice names each of its modules in its docstring."""

import ast
import re
from pathlib import Path

import pytest

import watchword

ROOT = Path(watchword.__file__).parent
ROOMS = sorted(
    path.parent
    for floor in ("kernel", "adapters", "plumbing", "migrations", "app")
    for path in (ROOT / floor).rglob("__init__.py")
)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_package_names_each_of_its_modules(room: Path) -> None:
    told = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in room.glob("*/__init__.py")}
    words = set(re.findall(r"\w+", told))
    assert not (modules | packages) - words
