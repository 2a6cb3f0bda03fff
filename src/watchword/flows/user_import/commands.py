"""The import from the console: `watchword users import FILE`."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from watchword.flows.user_import.rules import KNOWN, REFUSED, TAKEN, Told, csv_lines, json_lines
from watchword.flows.user_import.service import UserImport
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun
from watchword.plumbing.house import House
from watchword.plumbing.shapes import to_json

_CONSOLE = "console"
_READERS = {".csv": csv_lines, ".jsonl": json_lines, ".ndjson": json_lines}

users = typer.Typer()


@users.command("import", epilog="Example: watchword users import people.csv --dry-run")
def import_users(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="*.csv, or *.jsonl."),
    ],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make accounts from a file; those that there are stay as they are. Exit 1: a line was refused."""
    read = _READERS.get(file.suffix.lower())
    if read is None:
        raise console.refuse(f"FILE ends with one of: {', '.join(_READERS)}", Exit.USAGE)

    outcomes: Counter[str] = Counter()

    async def work(house: House) -> None:
        with file.open(encoding="utf-8-sig", newline="") as text:
            taking = house.part(UserImport).take(read(text), _CONSOLE, dry_run=dry_run)
            async for told in taking:
                outcomes[told.outcome] += 1
                _tell(told, as_json=as_json)

    try:
        run_in_house(work)
    except UnicodeDecodeError as error:
        raise console.refuse(f"{file} is not UTF-8 throughout.", Exit.USAGE) from error
    finally:  # also when it stops half way: what was taken stays
        if not as_json:
            _sum_up(outcomes, dry_run=dry_run)
    if outcomes[REFUSED]:
        raise SystemExit(Exit.REFUSED)


def _sum_up(outcomes: Counter[str], *, dry_run: bool) -> None:
    numbers = {word: outcomes[word] for word in (TAKEN, KNOWN, REFUSED)}
    console.output({"dry_run": dry_run} | numbers, as_json=False)


def _tell(told: Told, *, as_json: bool) -> None:
    """Print each as a line of JSON, or why one was refused."""
    if as_json:
        sys.stdout.write(to_json(told).decode() + "\n")
    elif told.outcome == REFUSED:
        faults = "; ".join(f"{each.field} {each.message}".strip() for each in told.errors)
        console.talk(f"line {told.line}: {faults}")


groups = {"users": users}
