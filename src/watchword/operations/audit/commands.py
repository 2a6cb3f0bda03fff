"""`watchword audit ...`."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from watchword.kernel.clock import SystemClock
from watchword.operations.audit.rules import MOST, Report, Sought, like
from watchword.operations.audit.service import Archivist, Auditor, Search
from watchword.plumbing.chain.checkpoints import Checkpoint, anchors_in
from watchword.plumbing.chain.stretches import Archive
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.moments import moment
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.commands.progress import progress
from watchword.plumbing.house import House
from watchword.plumbing.settings import LogSettings
from watchword.records.audit.rules import AuditSettings

audit = typer.Typer(help="The audit trail: prove it, search it, put it away.", no_args_is_help=True)

_COLUMNS = ("at", "type", "user_id", "address", "facts", "position")
_BUSY = "Another archive runs just now: try again later. (A killed one is waited for one hour.)"
_FAULTS = ("kind", "position", "id", "told")


@audit.command("verify", epilog="Example: watchword audit verify --anchors /mnt/log/combined.log")
def verify(
    anchors: Annotated[
        list[Path] | None,
        typer.Option(
            "--anchors",
            metavar="FILE",
            help="A file of the log with checkpoints; LOG_DIR's are read without being asked.",
        ),
    ] = None,
    cold: Annotated[
        bool, typer.Option("--archives/--no-archives", help="Read cold storage, too.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Prove that nothing was changed, deleted, put in, moved or cut off; exit 1: something was."""

    async def work(house: House) -> Report:
        files = [*(anchors or ()), *_own_files(house.part(LogSettings))]
        known = [each for path in files for each in _anchors(path)]
        with progress("verifying") as tell:
            return await house.part(Auditor).verify(known, tell, cold_too=cold)

    report = run_in_house(work)
    _tell(report, as_json=as_json)
    if not report.whole:
        raise typer.Exit(Exit.REFUSED)


def _own_files(settings: LogSettings) -> list[Path]:
    kept = settings.paths().get("combined")
    return sorted(kept.parent.glob(f"{kept.name}*")) if kept else []


def _anchors(path: Path) -> Iterator[Checkpoint]:
    try:
        with path.open("rb") as lines:
            yield from anchors_in(lines)
    except OSError as error:
        raise console.refuse(f"{path}: {error.strerror}", Exit.USAGE) from error


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        console.output(report, as_json=True)
        return
    console.output(
        {
            "rows": report.rows,
            "of them in archives": report.archived,
            "waiting": report.waiting,
            "without origin": report.without_origin,
            "checkpoints": report.checkpoints,
            "under an unknown pepper": report.unknown_checkpoints,
            "anchors": report.anchors,
        },
        as_json=False,
    )
    console.talk(*report.remarks)
    if report.whole:
        console.talk("The chain is whole.")
        return
    console.talk("The chain is not whole:")
    console.rows(report.faults, _FAULTS, as_json=False)


@audit.command(
    "search", epilog="Example: watchword audit search --type 'id.password.*' --since 24h"
)
def search(
    user: Annotated[
        UUID | None, typer.Option("--user", metavar="ID", help="Only of this account.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Only these; * stands for any characters.")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="From then on: a moment, or 2h ago.")] = "",
    until: Annotated[str, typer.Option("--until", help="Before then: a moment, or 15m ago.")] = "",
    address: Annotated[
        str, typer.Option("--address", metavar="IP", help="Only from this address.")
    ] = "",
    request: Annotated[
        str, typer.Option("--request", metavar="ID", help="Only of this request.")
    ] = "",
    after: Annotated[
        UUID | None, typer.Option("--after", metavar="ID", help="Only what is older than this row.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Print what happened, newest first, as far as it is in the database."""
    now = SystemClock().now()
    sought = Sought(
        user_id=user,
        type_like=like(kind),
        since=console.read_or_refuse(lambda: moment(since, now, "--since")),
        until=console.read_or_refuse(lambda: moment(until, now, "--until")),
        address=address or None,
        request_id=request or None,
        after=after,
    )
    found = run_in_house(lambda house: house.part(Search).page(sought, limit))
    console.rows(found.rows, _COLUMNS, as_json=as_json)
    if found.next:
        console.talk(f"There are more: --after {found.next}")


@audit.command("archive", epilog="Example: watchword audit archive --older-than 90d --yes")
def archive(
    older_than: Annotated[
        str, typer.Option("--older-than", help="AUDIT_RETENTION_DAYS if not said: 90d, 48h.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put what is old away to AUDIT_ARCHIVE, read it back, and delete it here."""

    def age(house: House) -> timedelta:
        if older_than:
            return console.ago(older_than, "--older-than")
        return timedelta(days=house.part(AuditSettings).online_days)

    async def count(house: House) -> int:
        return await house.part(Archivist).foresee(age(house))

    async def work(house: House) -> list[Archive] | None:
        with progress("archiving") as tell:
            return await house.part(Archivist).archive(age(house), tell)

    number = run_in_house(count)
    if not console.agreed(
        f"Put {number} rows of the audit trail away?",
        lambda: {"would_archive": number},
        dry_run=dry_run,
        yes=yes or not number,
        as_json=as_json,
    ):
        return
    made = run_in_house(work)
    if made is None:
        raise console.refuse(_BUSY, Exit.LATER)
    told = [
        {
            "name": each.name,
            "rows": each.head.position - each.first + 1,
            "size": each.size,
            "sha256": each.checksum.hex(),
        }
        for each in made
    ]
    console.rows(told, ("name", "rows", "size", "sha256"), as_json=as_json)


groups = {"audit": audit}
