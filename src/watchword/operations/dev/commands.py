"""`watchword dev ...`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from watchword.kernel.problems import Forbidden
from watchword.operations.dev.service import Handset
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import read_or_refuse, run_in_house
from watchword.plumbing.commands.options import AsJson
from watchword.plumbing.contact import phone_number
from watchword.plumbing.db import dev_messages
from watchword.plumbing.db.dev_messages import DevMessage
from watchword.plumbing.db.ports import Database
from watchword.plumbing.house import House
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.ussd.gateway import DEV_NUMBER

dev = typer.Typer(
    help="Development: the mailbox on this machine, and a plain telephone.", no_args_is_help=True
)


@dev.command("code", epilog="Example: watchword dev code --to ada@example.org")
def code(
    to: Annotated[
        str, typer.Option("--to", help="Of this mailbox or number; else the newest of all.")
    ] = "",
    link: Annotated[bool, typer.Option("--link", help="Print the link instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the newest code that the development mailbox got; the link where there is no code."""

    async def work(house: House) -> DevMessage | None:
        if not house.part(ServerSettings).development:
            raise Forbidden(
                "The mailbox is for development: here letters go to those they are for."
            )
        database = house.part(Database)
        return await dev_messages.newest(database, to=to or None)

    found = run_in_house(work)
    if found is None:
        raise console.refuse(
            "No letter with a code or a token has come yet: register or ask for a code first."
        )
    told = {"to": found.to, "subject": found.subject, "code": found.code, "link": found.link}
    console.talk(f"{found.subject} (to {found.to})")
    wanted = found.link if link else found.code or found.link
    if not wanted and not as_json:
        raise console.refuse("This letter has none.")
    console.output(told, as_json=as_json, text=wanted)


@dev.command("ussd", epilog="Example: watchword dev ussd --number +221770123456")
def ussd(
    number: Annotated[
        str, typer.Option("--number", help="Who dials: a number that an account has proven.")
    ] = DEV_NUMBER,
    as_json: AsJson = False,
) -> None:
    """Dial the USSD menu; each line of the input is typed and sent, until the menu ends."""
    read = read_or_refuse(lambda: phone_number(number, None, "number"))

    async def work(house: House) -> None:
        handset = house.part(Handset)
        async for word, screen in handset.dial(read, _lines()):
            told = {"goes_on": word == "CON", "screen": screen}
            console.output(told, as_json=as_json, text=screen.splitlines())

    run_in_house(work)


async def _lines() -> AsyncIterator[str]:
    """Yield what is typed, line by line; what would be asked for is talk, not data."""
    while True:
        if sys.stdin.isatty():
            console.talk("> ")
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            return
        yield line.strip()


groups = {"dev": dev}
