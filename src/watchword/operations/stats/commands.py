"""`watchword stats`."""

import typer

from watchword.operations.stats.service import Statistics
from watchword.plumbing import console
from watchword.plumbing.console import AsJson, run_in_house

stats = typer.Typer(help="Count accounts, sessions, codes and what waits.")


@stats.callback(invoke_without_command=True, epilog="Example: watchword stats --json")
def count(as_json: AsJson = False) -> None:
    """Count accounts, sessions, codes and what waits."""
    counted = run_in_house(lambda house: house.part(Statistics).count())
    console.output(counted, as_json=as_json)


groups = {"stats": stats}
