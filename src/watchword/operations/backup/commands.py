"""`watchword backup ...`."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret
from watchword.operations.backup.rules import Restored, Verdict, Wish, tombstones_in
from watchword.operations.backup.service import Backups, Kit, OpenKit, Restorer, Verifier
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.handed import in_hand
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.commands.progress import progress
from watchword.plumbing.db.dumps.contents import Tombstone
from watchword.plumbing.house import House
from watchword.plumbing.logs.logger import redact
from watchword.records.backups.rules import LATEST, Manifest
from watchword.records.backups.service import Listed

backup = typer.Typer(help="Backups: make them, prove them, bring them back.", no_args_is_help=True)

Result = TypeVar("Result")
Identity = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        "-i",
        metavar="FILE",
        help="The file of the secret key, as age-keygen writes it, or - for standard input; else"
        " BACKUP_IDENTITY.",
        allow_dash=True,
    ),
]
_STDIN = Path("-")
_BUSY = "Another backup is made just now: try again when it is done."
_NO_DATE = (
    "Usage: watchword backup restore DATE --identity FILE. Say which: a name, a day (2026-03-01), or"
    " latest."
)
_COLUMNS = ("name", "number", "made_at", "database", "size", "parts", "state")


@backup.command("create", epilog="Example: watchword backup create")
def create(as_json: AsJson = False) -> None:
    """Make a backup, encrypted to BACKUP_RECIPIENT, and throw away what is too old."""

    async def work(house: House) -> Manifest | None:
        with progress("dumping") as tell:
            return await _reasoned(house.part(Backups).create(tell))

    made = run_in_house(work)
    if made is None:
        raise console.refuse(_BUSY, Exit.LATER)
    console.output(_told(made), as_json=as_json)


@backup.command("list", epilog="Example: watchword backup list --json")
def list_(as_json: AsJson = False) -> None:
    """List the backups, the newest first; what was changed says so, and ends with 1."""
    found = _with_kit(lambda kit: kit.vault.listed())
    console.rows([_row(each) for each in found], _COLUMNS, as_json=as_json)
    if any(each.fault for each in found):
        raise console.refuse("Not all of them are what was backed up.")


@backup.command("verify", epilog="Example: watchword backup verify latest --identity backup.key")
def verify(
    date: Annotated[str, typer.Argument(metavar="DATE", help="A name, a day, or latest.")] = LATEST,
    identity: Identity = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a scratch database and compare; exit 1: it is not what it was."""

    async def work(house: House) -> Verdict:
        key = _key(identity, house.part(Kit))
        with progress("fetching") as tell:
            return await _reasoned(house.part(Verifier).verify(date, key, tell))

    verdict = run_in_house(work)
    told = {**asdict(verdict), "faults": redact(verdict.faults), "whole": verdict.whole}
    console.output(told, as_json=as_json)
    if not verdict.whole:
        raise console.refuse(f"{verdict.name} is not what it was.")


@backup.command(
    "restore", epilog="Example: watchword backup restore 2026-03-01 --identity backup.key"
)
def restore(
    date: Annotated[str, typer.Argument(metavar="DATE", help="A name, a day, or latest.")] = "",
    identity: Identity = None,
    older: Annotated[
        bool, typer.Option("--older", help="Although there is a newer backup.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="In the place of what is there, which is kept aside.")
    ] = False,
    keep_sessions: Annotated[
        bool, typer.Option("--keep-sessions", help="Leave everybody signed in who was so then.")
    ] = False,
    tombstones: Annotated[
        Path | None,
        typer.Option(
            "--tombstones", metavar="FILE", help="Who was erased since, beside what backups tell."
        ),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put the database back as it was; stop the service before, start it after."""
    if not date:
        known = _with_kit(lambda kit: kit.vault.names())
        raise console.refuse(" ".join([_NO_DATE, "There are:", *(known[:5] or ["none"])]))
    console.confirm(f"Put the database back as it was at {date}?", yes=yes or not force)
    wish = Wish(
        asked=date,
        older=older,
        force=force,
        keep_sessions=keep_sessions,
        tombstones=_tombstones(tombstones),
    )

    async def work(kit: Kit) -> Restored:
        with progress("fetching") as tell:
            return await Restorer(kit).restore(wish, _key(identity, kit), tell)

    done = _with_kit(work)
    console.output(done, as_json=as_json)
    if done.unread:
        console.talk(
            f"Nobody could read who was erased by {', '.join(done.unread)}:"
            " look for `id.user.erased` in the log since then, and erase them anew."
        )
    if done.kept:
        console.talk(f"What was there before is kept: {done.kept}. Remove it when all is well.")


@backup.command("extract", epilog="Example: watchword backup extract latest --config-to restored")
def extract(
    date: Annotated[str, typer.Argument(metavar="DATE", help="A name, a day, or latest.")] = LATEST,
    config_to: Annotated[
        Path | None,
        typer.Option("--config-to", metavar="FOLDER", help="Write the configuration below it."),
    ] = None,
    redis_to: Annotated[
        Path | None,
        typer.Option("--redis-to", metavar="FILE", help="Write the state of Redis: dump.rdb."),
    ] = None,
    identity: Identity = None,
    force: Annotated[bool, typer.Option("--force", help="Over files that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the configuration, or the state of Redis, to where you say, for your eyes alone."""
    if not (config_to or redis_to):
        raise console.refuse("Say what and where: --config-to FOLDER, --redis-to FILE.", Exit.USAGE)

    async def work(kit: Kit) -> list[Path]:
        key, restorer, made = _key(identity, kit), Restorer(kit), []
        if config_to:
            made += await restorer.configuration(date, key, config_to, over=force)
        if redis_to:
            made += await restorer.redis(date, key, redis_to, over=force)
        return made

    made = _with_kit(work)
    console.rows([{"file": str(path)} for path in made], ("file",), as_json=as_json)


@backup.command("prune", epilog="Example: watchword backup prune --dry-run")
def prune(dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Throw away what is older than BACKUP_RETENTION_DAYS, but for the newest."""
    would = run_in_house(lambda house: house.part(Backups).prune(really=False))
    if not console.agreed(
        f"Throw {len(would)} backups away?",
        lambda: {"would_prune": would},
        dry_run=dry_run,
        yes=yes or not would,
        as_json=as_json,
    ):
        return
    gone = run_in_house(lambda house: house.part(Backups).prune(really=True))
    console.output({"pruned": gone}, as_json=as_json)


def _with_kit(work: Callable[[Kit], Awaitable[Result]]) -> Result:
    """Work without a house: it may be that there is none to open any more."""

    async def inside() -> Result:
        async with in_hand(OpenKit)() as kit:
            return await _reasoned(work(kit))

    return console.run(inside)


async def _reasoned(work: Awaitable[Result]) -> Result:
    """Say why, too: whoever restores is the one who can mend it."""
    try:
        return await work
    except Problem as problem:
        if problem.private and problem.kind is not Kind.UNAVAILABLE:
            console.talk(str(redact(problem.private)))
        raise


def _key(path: Path | None, kit: Kit) -> Secret:
    if path is None:
        if not kit.settings.identity:
            raise console.refuse("Say where the secret key is: --identity FILE.", Exit.USAGE)
        return kit.settings.identity
    try:
        return Secret(sys.stdin.read() if path == _STDIN else path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise console.refuse(f"{path}: {error}", Exit.USAGE) from error


def _tombstones(path: Path | None) -> list[Tombstone]:
    if path is None:
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise console.refuse(f"{path}: {error}", Exit.USAGE) from error
    return console.read_or_refuse(lambda: tombstones_in(lines))


def _told(made: Manifest) -> dict[str, Any]:
    return {
        "name": made.id,
        "number": made.number,
        "rows": sum(made.rows.values()),
        "size": made.size,
        "parts": [part.name for part in made.parts],
    }


def _row(each: Listed) -> dict[str, Any]:
    found = each.manifest
    return {
        "name": each.name,
        "number": found.number if found else None,
        "made_at": found.made_at if found else None,
        "database": found.database if found else None,
        "size": found.size if found else None,
        "parts": [part.kind for part in found.parts] if found else [],
        "state": each.fault or ("good" if found else "begun, and never whole"),
    }


groups = {"backup": backup}
