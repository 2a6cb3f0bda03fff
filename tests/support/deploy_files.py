"""Files of deploy/ as values: a Dockerfile, what Compose makes of its files, which names are settings.

instructions    the lines of a Dockerfile, one instruction each
compose         several Compose files, merged and filled in as `docker compose config` does
environment     what a service is told, as names and texts
mounts          which files and folders of the project a service is given
settings_known  every name that the service takes for a setting
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from watchword.app.settings import catalogue

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DIGEST = re.compile(r"^[a-z0-9._/-]+:[\w.-]+@sha256:[0-9a-f]{64}$")
_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?:(?P<how>:?[-?+])(?P<word>[^}]*))?\}|(?P<bare>\w+))"
)
_APPENDED = {"aliases", "env_file", "ports", "secrets", "volumes"}


def settings_known() -> frozenset[str]:
    """Return every name of a setting, those of other systems and of files of one among them."""
    known = catalogue.known_names(catalogue.entries(catalogue.sections()))
    return frozenset(known) | {f"{name}_FILE" for name in known}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile."""

    word: str
    rest: str


def instructions(dockerfile: Path) -> list[Instruction]:
    """Return its instructions, continued lines joined."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", "")
    parts = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [Instruction(word.upper(), rest.strip()) for word, rest in parts]


class NotFilledIn(ValueError):
    """A variable that must be given is not."""


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """Put in the variables of Compose. Problem: `NotFilledIn`."""

    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        name, how, word = found["name"] or found["bare"], found["how"] or "", found["word"] or ""
        text = given.get(name, "")
        there = bool(text) if how.startswith(":") else name in given
        if how.endswith("?") and not there:
            raise NotFilledIn(f"{name}: {word}")
        if how.endswith("+"):
            return word if there else ""
        return text if there or not how else filled_in(word, given)

    return _VARIABLE.sub(value, text)


def _fill(value: Any, given: Mapping[str, str]) -> Any:
    match value:
        case str():
            return filled_in(value, given)
        case dict():
            return {key: _fill(each, given) for key, each in value.items()}
        case list():
            return [_fill(each, given) for each in value]
        case _:
            return value


def merged(below: Any, above: Any, name: str = "") -> Any:
    """Lay one Compose file over another."""
    if isinstance(below, dict) and isinstance(above, dict):
        both = {key: merged(below[key], above[key], key) for key in below if key in above}
        return {**below, **above, **both}
    if isinstance(below, list) and isinstance(above, list) and name in _APPENDED:
        return [*below, *(each for each in above if each not in below)]
    return above


def _extended(whole: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Lay each service over the one that it extends."""
    for name, service in whole["services"].items():
        if told := service.pop("extends", None):
            other = yaml.safe_load((folder / told["file"]).read_text())["services"][told["service"]]
            whole["services"][name] = merged(other, service)
    return whole


def compose(*files: Path, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what Compose makes of the files. Problem: `NotFilledIn`."""
    whole: dict[str, Any] = {}
    for file in files:
        whole = merged(whole, _extended(yaml.safe_load(file.read_text()), file.parent))
    filled = _fill(whole, given or {})
    assert isinstance(filled, dict)
    return filled


def variables(path: Path) -> dict[str, str]:
    """Return the pairs of an env file."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    pairs = (line.partition("=") for line in lines)
    return {name: text.strip("\"'") for name, _, text in pairs}


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """Return what a service is told."""
    told = service.get("environment") or {}
    return {str(name): "" if text is None else str(text) for name, text in told.items()}


def mounts(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sources of its mounts that are paths."""
    for each in service.get("volumes") or ():
        source = str(each["source"]) if isinstance(each, dict) else each.partition(":")[0]
        if source.startswith((".", "/")):
            yield source


def words(command: object) -> Sequence[str]:
    """Return a command as its words."""
    return command.split() if isinstance(command, str) else [str(word) for word in command or ()]  # type: ignore[attr-defined]
