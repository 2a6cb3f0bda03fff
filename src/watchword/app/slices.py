"""Slices: found by their folders, so that a new capability is a new folder and nothing else.

<floor>/<slice>/{service,rules}.py          classes marked `@service` and `@section`
<floor>/<slice>/{api,pages}.py              `doors`, `more_doors(house)`, `enabled(house)`; api: `hot(web)`
<floor>/<slice>/commands.py                 `groups`: typer applications by name
<floor>/<slice>/jobs.py                     `jobs`
<floor>/<slice>/store.py, plumbing/db/*.py   `personal`: what a table knows of a subscriber
<floor>/<slice>/templates/                  pages, letters/, words/
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

import watchword

if TYPE_CHECKING:
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


def modules(*names: str, saying: str = "") -> Iterator[tuple[str, ModuleType]]:
    """Import the modules of these names in every slice that has them; yields (slice, module).

    `saying`: those alone in which that word stands in quotes. To read is quicker than to import.
    """
    for name, path, file in _found(names):
        if _says(file, saying):
            yield name, import_module(path)


@cache
def _found(names: tuple[str, ...]) -> tuple[tuple[str, str, Path], ...]:
    """Return (slice, module's whole name, file) of those that are there; none is imported."""
    return tuple(
        (name, path, file)
        for floor, name in slices()
        for wanted in names
        if (file := _ROOT / floor / name / f"{wanted}.py").exists()
        and find_spec(path := f"watchword.{floor}.{name}.{wanted}")
    )


def _says(file: Path, word: str) -> bool:
    return not word or f'"{word}"' in file.read_text(encoding="utf-8")


def personal() -> "Iterator[Personal]":
    """Yield what the tables say of themselves, the subscribers' own first."""
    tables = [module for _, module in modules("store")]
    tables += [import_module(f"watchword.plumbing.db.{name}") for name in _SHARED]
    said = [getattr(module, "personal", ()) for module in tables]
    every = [one for each in said for one in (each if isinstance(each, tuple) else (each,))]
    yield from sorted(every, key=lambda each: each.table.name != "users")


@cache
def template_folders() -> Mapping[str, Path]:
    """Return the template folder of every slice that has one."""
    folders = {name: _ROOT / floor / name / "templates" for floor, name in slices()}
    return MappingProxyType({name: path for name, path in folders.items() if path.is_dir()})
