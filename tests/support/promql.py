"""What expressions of PromQL ask for, and series for promtool to ask."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.support.exposed import Exposed
from tests.support.markdown import ROOT

PROMETHEUS, GRAFANA = ROOT / "deploy/prometheus", ROOT / "deploy/grafana"
_WORDS = {"and", "or", "unless", "bool", "offset"}
_GROUPED = re.compile(r"\bby\s*\(([^)]*)\)")
_NAMED = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w.])([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\}|(\())?')
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Asked:
    """A metric, the labels that it must have, and the values that some of these must have had."""

    name: str
    labels: frozenset[str]
    values: frozenset[tuple[str, str]]


def asked(expression: str) -> Iterator[Asked]:
    """Yield what an expression asks for; labels that it groups by belong to all of it."""
    told = _GROUPED.findall(expression)
    grouped = {label.strip() for each in told for label in each.split(",")}
    for found in _NAMED.finditer(_GROUPED.sub("", expression)):
        name, matchers, called = found.groups()
        if name is None or called or name in _WORDS or ":" in name:
            continue  # a word of the language, or what a rule records
        matched = _MATCHER.findall(matchers or "")
        yield Asked(
            name,
            frozenset(grouped.union(label for label, _, _ in matched)),
            frozenset((label, value) for label, how, value in matched if how == "="),
        )


def rules(*names: str) -> list[dict[str, Any]]:
    """Return the alerts of files of rules."""
    return [
        rule
        for name in names
        for group in read(PROMETHEUS / name)["groups"]
        for rule in group["rules"]
    ]


def panels(board: str) -> dict[str, list[str]]:
    """Return what the panels of a board ask for, by title."""
    told = json.loads((GRAFANA / board).read_text("utf-8"))
    return {
        panel["title"]: [target["expr"] for target in panel["targets"]] for panel in told["panels"]
    }


def read(path: Path) -> dict[str, Any]:
    """Return what a file of YAML says."""
    said: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return said


def growing(told: Exposed) -> list[dict[str, str]]:
    """Return what was scraped as series that grow by as much each minute, for a test of promtool."""
    return [
        {
            "series": sample.name + _braced(sample.labels),
            "values": f"0+{sample.value:.10f}x15",
        }
        for family in told.families.values()
        for sample in family.samples
    ]


def _braced(labels: dict[str, str]) -> str:
    return "{" + ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"
