"""`watchword events ...`."""

import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from watchword.kernel.clock import SystemClock
from watchword.operations.events import rules
from watchword.operations.events.rules import Chosen
from watchword.operations.events.service import Events
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.moments import moment
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.events.catalogue import CATALOGUE
from watchword.plumbing.events.envelope import CloudEvent, written
from watchword.plumbing.events.schemas import schema as schema_of
from watchword.plumbing.house import House

events = typer.Typer(help="What other programs are told.", no_args_is_help=True)

_STATUS = ("destination", "answers", "waiting", "oldest_seconds", "dead", "trouble")
_DEAD = ("destination", "event_id", "type", "subject", "tries", "dead_at", "reason")

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only these; * stands for any characters."),
]
Since = Annotated[str, typer.Option("--since", help="From then on: a moment, or 2h ago.")]
Until = Annotated[str, typer.Option("--until", help="Before then: a moment, or 15m ago.")]
User = Annotated[UUID | None, typer.Option("--user", metavar="ID", help="Only of this account.")]
To = Annotated[str, typer.Option("--to", metavar="DESTINATION", help="Only to this one.")]


Work = Callable[[House], Awaitable[int]]


@events.command("tail", epilog="Example: watchword events tail --follow --type 'id.password.*'")
def tail(
    last: Annotated[int, typer.Option("--last", min=0, max=1000, help="How many.")] = 20,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="And go on, until Ctrl+C.")
    ] = False,
    types: Types = None,
    since: Since = "",
    user: User = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest events as others read them, one on a line; also those that are told to nobody."""
    chosen = _chosen(types, since, "", user)

    async def work(house: House) -> None:
        asked = house.part(Events)
        for each in await asked.newest(chosen, last) if last else ():
            _print(each, as_json=as_json)
        if follow:
            async for each in asked.follow(chosen):
                _print(each, as_json=as_json)

    run_in_house(work)


@events.command("status", epilog="Example: watchword events status --json")
def status(as_json: AsJson = False) -> None:
    """Tell of each destination whether it answers and what waits; exit 1: one is not well."""
    found = run_in_house(lambda house: house.part(Events).status())
    console.rows(found, _STATUS, as_json=as_json)
    if not all(rules.well(each) for each in found):
        raise typer.Exit(Exit.REFUSED)


@events.command("dead", epilog="Example: watchword events dead")
def dead(to: To = "", as_json: AsJson = False) -> None:
    """List dead letters, events that a destination refused: oldest first, at most a thousand."""
    found = run_in_house(lambda house: house.part(Events).dead(to or None))
    console.rows(found, _DEAD, as_json=as_json)


@events.command("retry", epilog="Example: watchword events retry --to amqp")
def retry(to: To = "", dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Try dead letters again, with all their tries before them, under the same ids."""

    async def count(house: House) -> int:
        asked = house.part(Events)
        asked.destinations(to)
        return await asked.number_dead(to or None)

    async def work(house: House) -> int:
        return await house.part(Events).retry(to or None)

    _send(count, work, dry_run=dry_run, yes=yes, as_json=as_json)


@events.command(
    "replay", epilog="Example: watchword events replay --since 2h --type 'id.user.*' --to amqp"
)
def replay(
    event: Annotated[
        UUID | None, typer.Argument(metavar="[ID]", help="This event alone, by its id.")
    ] = None,
    types: Types = None,
    since: Since = "",
    until: Until = "",
    user: User = None,
    to: To = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send events once more, under the same ids, as far back as the journal goes.

    Readers that look at the id take them for what they are. They go after what waits already.
    """
    if not (event or types or since or until or user):
        raise console.refuse("Say which: an ID, --since, --until, --type or --user.", Exit.USAGE)
    chosen = _chosen(types, since, until, user, event)

    async def count(house: House) -> int:
        asked = house.part(Events)
        return await asked.number(chosen) * len(asked.destinations(to))

    async def work(house: House) -> int:
        asked = house.part(Events)
        return await asked.replay(asked.destinations(to), chosen)

    _send(count, work, dry_run=dry_run, yes=yes, as_json=as_json)


@events.command("schema", epilog="Example: watchword events schema id.user.registered")
def schema(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="Its type.")],
    as_json: AsJson = False,  # noqa: ARG001 - a schema is JSON
) -> None:
    """Print the JSON Schema of an event."""
    public = CATALOGUE.get(name)
    if public is None:
        raise console.refuse(f"No event is called {name}: {', '.join(CATALOGUE)}", Exit.USAGE)
    console.output(schema_of(public), as_json=True)


def _send(count: Work, work: Work, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Count what is meant, and send it once more when the operator agrees."""
    number = run_in_house(count)
    if not console.agreed(
        f"Send {number} events once more?",
        lambda: {"would_send": number},
        dry_run=dry_run,
        yes=yes or not number,
        as_json=as_json,
    ):
        return
    done = run_in_house(work) if number else 0
    console.output({"owed": done}, as_json=as_json, text=str(done))


def _chosen(
    types: list[str] | None, since: str, until: str, user: UUID | None, event: UUID | None = None
) -> Chosen:
    now = SystemClock().now()
    return console.read_or_refuse(lambda: _read(types, since, until, user, event, now))


def _read(
    types: list[str] | None,
    since: str,
    until: str,
    user: UUID | None,
    event: UUID | None,
    now: datetime,
) -> Chosen:
    return Chosen(
        types=rules.types_of(types or ()),
        since=moment(since, now, "--since"),
        until=moment(until, now, "--until"),
        wanted=event,
        subject=user,
    )


def _print(event: CloudEvent, *, as_json: bool) -> None:
    """Print one event on one line, at once: somebody may follow by a pipe."""
    whole: dict[str, Any] = json.loads(written(event))
    if as_json:
        line = json.dumps(whole)
    else:
        data = json.dumps({k: v for k, v in whole["data"].items() if k != "user_id"})
        line = f"{whole['time']}  {whole['type']}  {whole.get('subject', '-')}  {data}"
    sys.stdout.write(console.printable(line) + "\n")
    sys.stdout.flush()


groups = {"events": events}
