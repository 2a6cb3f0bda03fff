"""`watchword sms ...`."""

from typing import Annotated, Any

import typer

from watchword.operations.sms.service import Sms
from watchword.plumbing.carriers.carrier import TryResult
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house, spoken
from watchword.plumbing.commands.options import AsJson, Language
from watchword.plumbing.commands.queue import queue_of
from watchword.plumbing.house import House
from watchword.plumbing.settings import ServerSettings
from watchword.records.texts.rules import KIND

sms = typer.Typer(help="Texts to telephones.", no_args_is_help=True)

sms.add_typer(queue_of(KIND, "sms", "texts"), name="queue")


@sms.command("test", epilog="Example: watchword sms test --to +213550123456 --lang fr")
def send_test(
    to: Annotated[str, typer.Option("--to", metavar="NUMBER", help="Who gets it.")],
    language: Language = "",
    as_json: AsJson = False,
) -> None:
    """Send a test text, and tell what the carrier answered."""
    spoken(language)

    async def work(house: House) -> Any:
        chosen = language or house.part(ServerSettings).default_language
        return await house.part(Sms).try_out(to, chosen)

    tried = run_in_house(work)
    console.talk(tried.words)
    console.output(tried, as_json=as_json, text=tried.reference or [])
    if tried.result is not TryResult.SENT:
        raise console.refuse("Nobody took the text.")


groups = {"sms": sms}
