"""`watchword dev ...`."""

from typing import Annotated

import typer

from watchword.plumbing import console, dev_messages
from watchword.plumbing.console import AsJson, run_in_house
from watchword.plumbing.db.ports import Database
from watchword.plumbing.dev_messages import DevMessage
from watchword.plumbing.web.call import House

dev = typer.Typer(help="Development: what the mailbox on this machine got.", no_args_is_help=True)


@dev.command("code", epilog="Example: watchword dev code --to ada@example.org")
def code(
    to: Annotated[str, typer.Option("--to", help="Of this mailbox; else the newest of all.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print the newest code and link that the development mailbox got."""

    async def work(house: House) -> DevMessage | None:
        database = house.part(Database)  # type: ignore[type-abstract]
        return await dev_messages.newest(database, to=to or None)

    found = run_in_house(work)
    if found is None:
        raise console.refuse("There is no letter yet: register or ask for a code first.")
    told = {"to": found.to, "subject": found.subject, "code": found.code, "link": found.link}
    console.talk(f"{found.subject} (to {found.to})")
    console.output(told, as_json=as_json, text=[part for part in (found.code, found.link) if part])


groups = {"dev": dev}
