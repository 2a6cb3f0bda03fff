"""`watchword email queue ...` and `watchword sms queue ...`: one set of commands for every kind of work."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.db.pieces import DEAD, QueuedPiece
from watchword.plumbing.db.queue import Queue

COLUMNS = ("id", "label", "state", "next", "attempts", "perhaps_at", "expires_at", "reason")

Ids = Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...", help="By their ids.")]
Dead = Annotated[bool, typer.Option("--dead", help="All dead ones.")]


def queue_of(kind: str, group: str, pieces: str) -> typer.Typer:
    """Return the commands for the queue of a kind: `group` is whose they are, `pieces` what waits there."""
    queue = typer.Typer(help=f"{pieces.capitalize()} that wait, and dead ones.")
    example = f"Example: watchword {group} queue"

    @queue.command(
        "list",
        epilog=f"{example} list --dead",
        help=f"List {pieces} that wait and dead ones: oldest first, at most a thousand.\n\n"
        "`next`: when they are tried again; `perhaps_at`: the carrier that may have them already, so that"
        " they wait for it and go nowhere else.",
    )
    def every(dead: Dead = False, as_json: AsJson = False) -> None:
        found = run_in_house(lambda house: Queue.of(house, kind).every(dead_only=dead))
        console.rows([told_of(each) for each in found], COLUMNS, as_json=as_json)

    @queue.command(
        "show", epilog=f"{example} show ID", help=f"Tell all that is known of one of the {pieces}."
    )
    def show(
        wanted: Annotated[UUID, typer.Argument(metavar="ID", help="Its id.")],
        as_json: AsJson = False,
    ) -> None:
        found = run_in_house(lambda house: Queue.of(house, kind).find(wanted))
        if found is None:
            raise console.refuse(f"Not in the queue: {wanted}")
        told = told_of(found)
        lines = [f"{name:<11} {'-' if value is None else value}" for name, value in told.items()]
        console.output(told, as_json=as_json, text=lines)

    @queue.command(
        "retry",
        epilog=f"{example} retry --dead",
        help=f"Make {pieces} due now, with all their tries before them again, at whichever carrier.",
    )
    def retry(ids: Ids = None, dead: Dead = False, as_json: AsJson = False) -> None:
        wanted = _wanted(kind, ids, dead=dead)
        done = run_in_house(lambda house: Queue.of(house, kind).retry(wanted))
        _tell("retried", wanted, done, as_json=as_json)

    @queue.command(
        "drop", epilog=f"{example} drop --dead --yes", help=f"Wipe {pieces} that shall never leave."
    )
    def drop(
        ids: Ids = None,
        dead: Dead = False,
        dry_run: DryRun = False,
        yes: Yes = False,
        as_json: AsJson = False,
    ) -> None:
        wanted = _wanted(kind, ids, dead=dead)
        if not console.agreed(
            f"Drop {len(wanted)} {pieces} for good?",
            lambda: {"would_drop": wanted},
            dry_run=dry_run,
            yes=yes or not wanted,
            as_json=as_json,
        ):
            return
        done = run_in_house(lambda house: Queue.of(house, kind).drop(wanted))
        _tell("dropped", wanted, done, as_json=as_json)

    return queue


def told_of(work: QueuedPiece) -> dict[str, Any]:
    """Return a piece as people are told of it: `next` is when it is tried again, if it is."""
    told = asdict(work)
    due_at = told.pop("due_at")
    return {**told, "next": None if work.state == DEAD else due_at}


def _wanted(kind: str, ids: list[UUID] | None, *, dead: bool) -> Sequence[UUID]:
    """Return the pieces that are meant: those named, or all dead ones."""
    if bool(ids) == dead:
        raise console.refuse("Name them by their ids, or say --dead for all dead ones.", Exit.USAGE)
    if ids:
        return ids
    return run_in_house(lambda house: Queue.of(house, kind).dead())


def _tell(what: str, wanted: Sequence[UUID], done: Sequence[UUID], *, as_json: bool) -> None:
    left = [each for each in wanted if each not in done]
    console.output({what: done, "left": left}, as_json=as_json, text=[str(each) for each in done])
    if left:
        raise console.refuse(
            f"Not in the queue, or just under way: {', '.join(map(str, left))}", Exit.REFUSED
        )
