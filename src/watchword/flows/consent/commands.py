"""Consents from the console: `watchword consents renew`."""

from typing import Any

import typer

from watchword.flows.consent.rules import Due
from watchword.flows.consent.service import Consenting
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.house import House

consents = typer.Typer(help="Consents: who is to renew theirs.", no_args_is_help=True)

_COLUMNS = ("id", "email", "purposes", "ends_at")


@consents.callback()
def _group() -> None:
    """Consents: who is to renew theirs."""


@consents.command("renew", epilog="Example: watchword consents renew --dry-run")
def renew(dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Write to everybody whose consent runs out or whose text is newer; at most once a month to each."""

    async def look(house: House) -> list[Due]:
        return [due async for due in house.part(Consenting).due()]

    async def ask(house: House) -> int:
        consenting, asked = house.part(Consenting), 0
        async for due in consenting.due():
            asked += await consenting.ask(due.user_id)
        return asked

    if dry_run:
        console.rows([_row(due) for due in run_in_house(look)], _COLUMNS, as_json=as_json)
        return
    console.confirm("Write to everybody whom a renewal waits for?", yes=yes)
    console.output({"asked": run_in_house(ask)}, as_json=as_json)


def _row(due: Due) -> dict[str, Any]:
    return {
        "id": str(due.user_id),
        "email": due.email,
        "purposes": " ".join(due.purposes),
        "ends_at": due.ends_at,
    }


groups = {"consents": consents}
