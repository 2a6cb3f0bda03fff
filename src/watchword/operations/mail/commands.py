"""`watchword email ...`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from watchword.operations.mail import service
from watchword.operations.mail.rules import CarrierStatus
from watchword.operations.mail.service import Mail, OpenLetters
from watchword.plumbing.carriers.carrier import TryResult
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house, spoken
from watchword.plumbing.commands.handed import in_hand
from watchword.plumbing.commands.options import AsJson, DryRun, Language, Yes
from watchword.plumbing.commands.queue import queue_of
from watchword.plumbing.db.queue import Queue
from watchword.plumbing.house import House
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.words.languages import FALLBACK
from watchword.records.deliveries.rules import KIND
from watchword.records.suppressions.rules import SuppressionReason

email = typer.Typer(help="Letters, and those who carry them.", no_args_is_help=True)
email.add_typer(queue_of(KIND, "email", "letters"), name="queue")
suppressions = typer.Typer(help="Addresses that letters are kept from.", no_args_is_help=True)
email.add_typer(suppressions, name="suppressions")

_STATUS = (
    "carrier",
    "quota",
    "bounce %",
    "complaint %",
    "last taken",
    "last refused",
    "because",
)
_LISTED = ("address", "reason", "source", "since", "withheld")

Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mailboxes.")]


@email.command("test", epilog="Example: watchword email test --to ada@example.org --provider smtp")
def send_test(
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Who gets it.")],
    provider: Annotated[
        str, typer.Option("--provider", metavar="NAME", help="By this carrier alone.")
    ] = "",
    language: Language = "",
    as_json: AsJson = False,
) -> None:
    """Send a test letter, and tell what each carrier answered."""
    spoken(language)

    async def work(house: House) -> Any:
        chosen = language or house.part(ServerSettings).default_language
        return await house.part(Mail).try_out(to, chosen, provider or None)

    trial = run_in_house(work)
    for each in trial.tries:
        console.talk(each.words)
    console.output(trial, as_json=as_json, text=trial.message_id)
    if any(each.result is TryResult.SUPPRESSED for each in trial.tries):
        console.talk(f"Let it get letters again: watchword email suppressions remove {to}")
    if not trial.sent:
        raise console.refuse("Nobody took the letter.")


@email.command("status", epilog="Example: watchword email status --json")
def status(as_json: AsJson = False) -> None:
    """Tell of each carrier whether it takes letters and what became of them; exit 1: none takes any.

    The quota is what the carrier tells of it; the shares are of the letters of the last seven days. When it
    last took a letter, and when and why it last did not, is what any process was told, to a few seconds.
    """

    async def work(house: House) -> tuple[list[CarrierStatus], tuple[int, int]]:
        return await house.part(Mail).status(), await Queue.of(house, KIND).depths()

    carriers, (waiting, dead) = run_in_house(work)
    if as_json:
        told = {"carriers": carriers, "queue": {"waiting": waiting, "dead": dead}}
        console.output(told, as_json=True)
    else:
        console.rows([each.row for each in carriers], _STATUS, as_json=False)
        console.output(None, as_json=False, text=f"queue: {waiting} waiting, {dead} dead")
    if not any(each.available for each in carriers):
        raise typer.Exit(Exit.REFUSED)


@email.command("probe", epilog="Example: watchword email probe")
def probe(as_json: AsJson = False) -> None:
    """Tell how many milliseconds each carrier takes to answer; exit 1: one does not."""
    standings = run_in_house(lambda house: house.part(Mailing).check())
    rows = [
        {
            "carrier": each.carrier,
            "milliseconds": round(each.seconds * 1000, 1),
            "state": each.words,
        }
        for each in standings
    ]
    console.rows(rows, ("carrier", "milliseconds", "state"), as_json=as_json)
    if not all(each.available for each in standings):
        raise typer.Exit(Exit.REFUSED)


@email.command("templates", epilog="Example: watchword email templates --json")
def templates(as_json: AsJson = False) -> None:
    """List every letter with its facts, and the languages that you have words of your own for."""
    found = service.templates_of(_letters())
    console.rows(found, ("template", "facts", "bulk", "overridden"), as_json=as_json)


@email.command(
    "render",
    epilog="Example: watchword email render welcome --language ar --html --out welcome.html",
)
def render(
    template: Annotated[
        str, typer.Argument(metavar="TEMPLATE", help="A letter, as `templates` lists it.")
    ],
    language: Language = "",
    sample: Annotated[  # noqa: ARG001 - it is so without being said
        bool,
        typer.Option("--sample", help="With the facts of its sample, as ever; --fact goes before."),
    ] = True,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", metavar="NAME=TEXT", help="Tell this instead.")
    ] = None,
    html: Annotated[
        bool, typer.Option("--html/--text", help="The HTML part, or subject and text.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a letter as it would leave, with the facts of its sample."""
    told = [each.partition("=")[::2] for each in fact or ()]
    message = console.read_or_refuse(
        lambda: service.render(_letters(), template, spoken(language) or FALLBACK, dict(told))
    )
    if as_json:
        told_of = {"subject": message.subject, "text": message.text, "html": message.html}
        console.output(told_of, as_json=True)
        return
    text = message.html if html else f"{message.subject}\n\n{message.text}\n"
    if out is not None:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise console.refuse(f"--out: {error.strerror}: {out}") from error
    elif sys.stdout.isatty():
        console.output({}, as_json=False, text=text.splitlines())
    else:
        sys.stdout.write(text)


@email.command("check-letters", epilog="Example: watchword email check-letters deploy/letters")
def check_letters(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Instead of LETTERS_DIR.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look through your own words for letters: what is wrong, by file and line; exit 1: something is."""
    faults = service.check(_letters(), folder)
    console.output(faults, as_json=as_json, text=[str(fault) for fault in faults])
    if faults:
        raise typer.Exit(Exit.REFUSED)


def _letters() -> Letters:
    return in_hand(OpenLetters)()


@suppressions.command("list", epilog="Example: watchword email suppressions list")
def list_suppressions(as_json: AsJson = False) -> None:
    """List addresses that get no letters: why, who said so, since when, how many were withheld."""
    console.rows(
        run_in_house(lambda house: house.part(Mail).suppressed()), _LISTED, as_json=as_json
    )


@suppressions.command("add", epilog="Example: watchword email suppressions add ada@example.org")
def suppress(
    addresses: Addresses,
    reason: Annotated[
        SuppressionReason, typer.Option("--reason", help="Why.")
    ] = SuppressionReason.OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Keep letters from addresses; that they were kept already is no failure."""
    done = run_in_house(lambda house: house.part(Mail).suppress(addresses, reason))
    console.output({"suppressed": done}, as_json=as_json, text=done)


@suppressions.command(
    "remove", epilog="Example: watchword email suppressions remove ada@example.org --yes"
)
def release(
    addresses: Addresses, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Let addresses get letters again; exit 1: one of them did already."""
    question = f"Send letters to {', '.join(addresses)} again?"

    def would() -> dict[str, list[str]]:
        kept = run_in_house(lambda house: house.part(Mail).releasable(addresses))
        return {"would_release": kept}

    if not console.agreed(question, would, dry_run=dry_run, yes=yes, as_json=as_json):
        return
    done = run_in_house(lambda house: house.part(Mail).release(addresses))
    console.output({"released": done}, as_json=as_json, text=done)
    if len(done) < len(addresses):
        raise console.refuse("Not all of them were suppressed.")


groups = {"email": email}
