"""Slices: found by their folders, so that a new capability is a new folder and nothing else.

<floor>/<slice>/{service,rules}.py          classes marked `@service` and `@section`
<floor>/<slice>/{api,pages}.py              `doors`, `more_doors(house)`, `enabled(house)`; api: `hot(web)`
<floor>/<slice>/commands.py                 `groups`: typer applications by name
<floor>/<slice>/jobs.py                     `jobs`
<floor>/<slice>/store.py, plumbing/db/*.py   `personal`: what a table knows of a subscriber
<floor>/<slice>/templates/                  pages, letters/, words/
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import watchword
from watchword.plumbing.db.personal import Personal

FLOORS = ("records", "flows", "provider", "operations")
DOORS = ("api", "pages")
_SHARED = ("dev_messages", "event_outbox", "journal", "outbox")
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


def personal() -> Iterator[Personal]:
    """Yield what the tables say of themselves, the subscribers' own first."""
    tables = [module for _, module in modules("store")]
    tables += [import_module(f"watchword.plumbing.db.{name}") for name in _SHARED]
    said = [getattr(module, "personal", ()) for module in tables]
    every = [one for each in said for one in (each if isinstance(each, tuple) else (each,))]
    yield from sorted(every, key=lambda each: each.table.name != "users")


def template_folders() -> dict[str, Path]:
    """Return the template folder of every slice that has one."""
    return {
        name: _ROOT / floor / name / "templates"
        for floor, name in slices()
        if (_ROOT / floor / name / "templates").is_dir()
    }
