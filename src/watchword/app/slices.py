"""Slices: found by their folders, so that a new capability is a new folder and nothing else.

<floor>/<slice>/{service,rules}.py          classes marked `@service` and `@section`
<floor>/<slice>/{api,pages}.py              `doors`, `more_doors(house)`, `enabled(house)`; api: `hot(web)`
<floor>/<slice>/commands.py                 `groups`: typer applications by name
<floor>/<slice>/jobs.py                     `jobs`
<floor>/<slice>/templates/                  pages, letters/, words/
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import watchword

FLOORS = ("records", "flows", "provider", "operations")
DOORS = ("api", "pages")
_ROOT = Path(watchword.__file__).parent


@cache
def slices() -> tuple[tuple[str, str], ...]:
    """Return (floor, name) of every slice, in a fixed order."""
    return tuple(
        (floor, path.name)
        for floor in FLOORS
        for path in sorted((_ROOT / floor).iterdir())
        if (path / "__init__.py").exists()
    )


def modules(*names: str) -> Iterator[tuple[str, ModuleType]]:
    """Import the modules of these names in every slice that has them; yields (slice, module)."""
    for floor, name in slices():
        for wanted in names:
            path = f"watchword.{floor}.{name}.{wanted}"
            if (_ROOT / floor / name / f"{wanted}.py").exists() and find_spec(path):
                yield name, import_module(path)


def template_folders() -> dict[str, Path]:
    """Return the template folder of every slice that has one."""
    return {
        name: _ROOT / floor / name / "templates"
        for floor, name in slices()
        if (_ROOT / floor / name / "templates").is_dir()
    }
