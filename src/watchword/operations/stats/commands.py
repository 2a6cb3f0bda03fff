"""`watchword stats` and `watchword otp stats`."""

import typer

from watchword.operations.stats.service import Statistics
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import AsJson, run_in_house

stats = typer.Typer(help="Count accounts, sessions, codes and what waits.")
otp = typer.Typer(help="One-time codes.", no_args_is_help=True)


@stats.callback(invoke_without_command=True, epilog="Example: watchword stats --json")
def count(as_json: AsJson = False) -> None:
    """Count accounts, sessions, codes and what waits."""
    counted = run_in_house(lambda house: house.part(Statistics).count())
    console.output(counted, as_json=as_json)


@otp.command("stats", epilog="Example: watchword otp stats --json")
def codes(as_json: AsJson = False) -> None:
    """Count codes by purpose and by what became of them; no code is shown."""
    tally = run_in_house(lambda house: house.part(Statistics).codes())
    console.rows(tally, ("purpose", "active", "expired", "failed", "used"), as_json=as_json)


groups = {"stats": stats, "otp": otp}
