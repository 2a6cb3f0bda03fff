"""`watchword stats` and `watchword otp stats`."""

from typing import Annotated

import typer

from watchword.operations.stats.rules import COUNTS, labels_of
from watchword.operations.stats.service import Statistics
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import ago, run_in_house
from watchword.plumbing.commands.options import AsJson, Since

stats = typer.Typer(help="Count accounts, sessions, codes and what waits.")
otp = typer.Typer(help="One-time codes.", no_args_is_help=True)


@stats.callback(invoke_without_command=True, epilog="Example: watchword stats --json")
def count(as_json: AsJson = False) -> None:
    """Count accounts, sessions, codes and what waits."""
    counted = run_in_house(lambda house: house.part(Statistics).count())
    console.output(counted, as_json=as_json)


By = Annotated[
    str, typer.Option("--by", help="Compare by country, channel, purpose: country,channel.")
]


@otp.command("stats", epilog="Example: watchword otp stats --by country,channel --since 24h")
def codes(by: By = "", since: Since = "24h", as_json: AsJson = False) -> None:
    """Count codes by purpose and by what became of them; no code is shown.

    With --by: those asked for and tried lately, as the journal has them, the most failures first.
    """
    if by:
        labels, back = console.read_or_refuse(lambda: labels_of(by)), ago(since)
        found = run_in_house(lambda house: house.part(Statistics).compared(labels, back))
        console.rows(found, (*labels, *COUNTS), as_json=as_json)
        return
    tally = run_in_house(lambda house: house.part(Statistics).codes())
    console.rows(tally, ("purpose", "active", "expired", "failed", "used"), as_json=as_json)


groups = {"stats": stats, "otp": otp}
