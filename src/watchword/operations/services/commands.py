"""`watchword services ...`."""

from typing import Annotated, Any

import typer

from watchword.kernel.clock import Clock
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.db.ports import Database, Taken
from watchword.plumbing.house import House
from watchword.records.services.service import Services

services = typer.Typer(help="Other programs that may call this service, by a token of their own.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The service's name.")]


@services.command("add", epilog="Example: watchword services add billing")
def add(name: Name, as_json: AsJson = False) -> None:
    """Add a service and print its token: it is shown this once."""

    async def work(house: House) -> str:
        now = house.part(Clock).now()
        database = house.part(Database)
        try:
            token = await house.part(Services).add(database, name, now)
        except Taken as taken:
            raise console.refuse(f"There is a service {name} already.") from taken
        return token.reveal()

    token = run_in_house(work)
    console.talk("Keep this token: it is not shown again.")
    console.output({"name": name, "token": token}, as_json=as_json, text=token)


@services.command("list", epilog="Example: watchword services list --json")
def list_services(as_json: AsJson = False) -> None:
    """List services, those revoked too."""

    async def work(house: House) -> list[dict[str, Any]]:
        return [row._asdict() for row in await house.part(Services).every()]

    console.rows(run_in_house(work), ("name", "created_at", "revoked_at"), as_json=as_json)


@services.command("revoke", epilog="Example: watchword services revoke billing --yes")
def revoke(name: Name, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take a service's token away; it is refused at once."""
    unknown = f"There is no service {name}."

    async def known(house: House) -> dict[str, str]:
        rows = await house.part(Services).every()
        if not any(row.name == name and row.revoked_at is None for row in rows):
            raise console.refuse(unknown)
        return {"would_revoke": name}

    async def work(house: House) -> bool:
        now = house.part(Clock).now()
        return await house.part(Services).revoke(house.part(Database), name, now)

    question = f"Revoke the token of {name}?"
    if not console.agreed(
        question, lambda: run_in_house(known), dry_run=dry_run, yes=yes, as_json=as_json
    ):
        return
    if not run_in_house(work):
        raise console.refuse(unknown)
    console.output({"revoked": name}, as_json=as_json)


groups = {"services": services}
