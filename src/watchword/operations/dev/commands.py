"""`watchword dev ...`."""

from typing import Annotated

import typer

from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import AsJson, run_in_house
from watchword.plumbing.db import dev_messages
from watchword.plumbing.db.dev_messages import DevMessage
from watchword.plumbing.db.ports import Database
from watchword.plumbing.house import House

dev = typer.Typer(help="Development: what the mailbox on this machine got.", no_args_is_help=True)


@dev.command("code", epilog="Example: watchword dev code --to ada@example.org")
def code(
    to: Annotated[str, typer.Option("--to", help="Of this mailbox; else the newest of all.")] = "",
    link: Annotated[bool, typer.Option("--link", help="Print the link instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the newest code that the development mailbox got; the link where there is no code."""

    async def work(house: House) -> DevMessage | None:
        database = house.part(Database)
        return await dev_messages.newest(database, to=to or None)

    found = run_in_house(work)
    if found is None:
        raise console.refuse("There is no letter yet: register or ask for a code first.")
    told = {"to": found.to, "subject": found.subject, "code": found.code, "link": found.link}
    console.talk(f"{found.subject} (to {found.to})")
    wanted = found.link if link else found.code or found.link
    if not wanted and not as_json:
        raise console.refuse("This letter has none.")
    console.output(told, as_json=as_json, text=wanted)


groups = {"dev": dev}
