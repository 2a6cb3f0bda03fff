"""`watchword gdpr ...` and `watchword retention ...`."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from watchword.kernel.clock import Clock
from watchword.operations.gdpr.rules import moment_of, told
from watchword.operations.gdpr.service import Gdpr, Retention
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.house import House
from watchword.plumbing.ports import Document, Eraser, Exporter
from watchword.records.erasures.rules import OPERATOR

_FORMS = ("json", "csv", "zip")
_BUSY = "Retention runs elsewhere just now: try again in a minute."

gdpr = typer.Typer(help="Data of people: report, export, erase, hold.", no_args_is_help=True)
tombstones = typer.Typer(help="Who was erased, by id: for databases restored from a backup.")
retention = typer.Typer(help="Let go what was kept long enough; the worker does it by itself.")

Who = Annotated[str, typer.Argument(metavar="WHO", help="An e-mail address or an id.")]


@gdpr.command("report", epilog="Example: watchword gdpr report")
def report(as_json: AsJson = False) -> None:
    """Print what kinds of data there are: purpose, legal basis, retention, rows, last run."""
    lines = run_in_house(lambda house: house.part(Gdpr).report())
    columns = ("data", "purpose", "basis", "retention", "rows", "last_run")
    console.rows(lines, columns, as_json=as_json)


@gdpr.command("export", epilog="Example: watchword gdpr export ada@example.org --output ada.zip")
def export(
    who: Who,
    output: Annotated[Path, typer.Option("--output", help="The file; it must not exist.")],
    form: Annotated[str, typer.Option("--format", metavar="json|csv|zip", help="Which.")] = "zip",
    as_json: AsJson = False,
) -> None:
    """Write all that is known of somebody into a file that only you may read."""
    if form not in _FORMS:
        raise console.refuse(f"--format is one of: {', '.join(_FORMS)}", Exit.USAGE)
    if output.exists():
        raise console.refuse(f"{output} is there already.")

    async def work(house: House) -> Document:
        user_id = await house.part(Gdpr).find(who)
        return await house.part(Exporter).document(user_id, form, OPERATOR)

    content = run_in_house(work).content
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise console.refuse(f"{output}: {error.strerror}.") from error
    console.output({"file": str(output), "bytes": len(content)}, as_json=as_json)


@gdpr.command("erase", epilog="Example: watchword gdpr erase ada@example.org --yes")
def erase(who: Who, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Erase an account now, without grace, and print the number of the receipt."""

    async def would(house: House) -> dict[str, str]:
        return {"would_erase": str(await house.part(Gdpr).find(who))}

    async def work(house: House) -> dict[str, str]:
        user_id = await house.part(Gdpr).find(who)
        receipt = await house.part(Eraser).erase(user_id, OPERATOR)
        return {"user_id": str(user_id), "receipt": str(receipt)}

    question = f"Erase {who}? Nothing brings the account back."
    if console.agreed(
        question, lambda: run_in_house(would), dry_run=dry_run, yes=yes, as_json=as_json
    ):
        console.output(run_in_house(work), as_json=as_json)


@gdpr.command("hold", epilog='Example: watchword gdpr hold ada@example.org --reason "case 7/2026"')
def hold(
    who: Who,
    reason: Annotated[str, typer.Option("--reason", help="Which duty; no name of a person.")],
    as_json: AsJson = False,
) -> None:
    """Keep an account as it is, whoever wants it erased, until it is released."""

    async def work(house: House) -> bool:
        service = house.part(Gdpr)
        return await service.hold(await service.find(who), reason)

    console.output({"held": who, "new": run_in_house(work)}, as_json=as_json)


@gdpr.command("release", epilog="Example: watchword gdpr release ada@example.org")
def release(who: Who, as_json: AsJson = False) -> None:
    """Keep it no longer; an erasure that waits happens within a minute."""

    async def work(house: House) -> bool:
        service = house.part(Gdpr)
        return await service.release(await service.find(who))

    console.output({"released": who, "was_held": run_in_house(work)}, as_json=as_json)


@gdpr.command("holds", epilog="Example: watchword gdpr holds --json")
def holds(as_json: AsJson = False) -> None:
    """List the accounts that are held, the oldest hold first."""
    found = run_in_house(lambda house: house.part(Gdpr).holds())
    console.rows(found, ("user_id", "since", "reason"), as_json=as_json)


@tombstones.command("export", epilog="Example: watchword gdpr tombstones export > tombstones.jsonl")
def export_tombstones() -> None:
    """Print a line of JSON for each erasure that happened: ids and a moment, nothing of a person."""

    async def work(house: House) -> list[dict[str, str]]:
        return [told(each) async for each in house.part(Gdpr).tombstones()]

    for line in run_in_house(work):
        sys.stdout.write(json.dumps(line) + "\n")


@tombstones.command("replay", epilog="Example: watchword gdpr tombstones replay < tombstones.jsonl")
def replay(as_json: AsJson = False) -> None:
    """Erase anew whom a restored backup brought back; read the lines of `export` from standard input."""
    lines = list(_lines())
    erased = run_in_house(lambda house: house.part(Gdpr).replay(lines))
    console.output({"read": len(lines), "erased": erased}, as_json=as_json)


@retention.command("run", epilog="Example: watchword retention run --dry-run")
def run(
    now: Annotated[
        str, typer.Option("--now", metavar="MOMENT", help="As if it were then: 2046-01-31.")
    ] = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let go what was kept long enough, and print how much of each class."""

    async def work(house: House) -> dict[str, Any] | None:
        at, service = moment_of(now, house.part(Clock).now()), house.part(Retention)
        gone = await (service.look(at) if dry_run else service.run(at))
        return None if gone is None else asdict(gone)

    gone = run_in_house(work)
    if gone is None:
        raise console.refuse(_BUSY, Exit.LATER)
    console.output(
        {f"would_{name}": gone[name] for name in gone} if dry_run else gone, as_json=as_json
    )


@retention.callback()
def _group() -> None:
    """Let go what was kept long enough; the worker does it by itself."""


def _lines() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            read = json.loads(line)
        except ValueError:
            read = None
        yield read if isinstance(read, dict) else {}


gdpr.add_typer(tombstones, name="tombstones")
groups = {"gdpr": gdpr, "retention": retention}
