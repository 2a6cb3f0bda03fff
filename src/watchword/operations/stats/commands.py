"""`watchword stats`."""

from collections.abc import Iterator
from typing import Any

import typer

from watchword.operations.stats.service import Statistics
from watchword.plumbing import console
from watchword.plumbing.console import AsJson, run_in_house

stats = typer.Typer(help="Count accounts, sessions, codes and what waits.")


@stats.callback(invoke_without_command=True, epilog="Example: watchword stats --json")
def count(as_json: AsJson = False) -> None:
    """Count accounts, sessions, codes and what waits."""
    counted = run_in_house(lambda house: house.part(Statistics).count())
    text = [f"{name:<30} {value}" for name, value in _flat(counted)]
    console.output(counted, as_json=as_json, text=text)


def _flat(counted: dict[str, Any], stem: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in counted.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{stem}{name}.")
        else:
            yield f"{stem}{name}", value


groups = {"stats": stats}
