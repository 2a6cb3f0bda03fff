"""Profiles: defaults of each seed system, and of each kind of environment, as data.

profiles/<profile>.toml         NAME = "text";  [required] names = [...]
profiles/environments.toml      one table for each APP_ENV
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "profiles"


@dataclass(frozen=True, slots=True)
class Profile:
    """The defaults of one profile, and what it cannot do without."""

    name: str
    defaults: Mapping[str, str]
    required: tuple[str, ...]


@cache
def profile(name: str) -> Profile:
    """Return a profile's defaults."""
    table = _load(name)
    required = tuple(table.pop("required", {}).get("names", ()))
    return Profile(name, table, required)


@cache
def environment(name: str) -> Mapping[str, str]:
    """Return the defaults of a kind of environment."""
    defaults: Mapping[str, str] = _load("environments")[name]
    return defaults


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
