"""`watchword events ...`."""

import json
import sys
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from watchword.kernel.clock import SystemClock
from watchword.operations.events import rules
from watchword.operations.events.service import EventDesk
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.events.catalogue import CATALOGUE
from watchword.plumbing.events.envelope import CloudEvent, written
from watchword.plumbing.events.schemas import schema as schema_of
from watchword.plumbing.house import House
from watchword.records.events.rules import Chosen

events = typer.Typer(help="What other programs are told.", no_args_is_help=True)

_STATUS = ("destination", "answers", "waiting", "oldest_seconds", "parked", "trouble")
_PARKED = ("destination", "event_id", "type", "subject", "tries", "parked_at", "reason")

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only these; * stands for any characters."),
]
Since = Annotated[str, typer.Option("--since", help="From then on: a moment, or 2h ago.")]
Until = Annotated[str, typer.Option("--until", help="Before then: a moment, or 15m ago.")]
User = Annotated[UUID | None, typer.Option("--user", metavar="ID", help="Only of this account.")]
To = Annotated[str, typer.Option("--to", metavar="DESTINATION", help="Only to this one.")]


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
        desk = house.part(EventDesk)
        for each in await desk.newest(chosen, last) if last else ():
            _print(each, as_json=as_json)
        if follow:
            async for each in desk.follow(chosen):
                _print(each, as_json=as_json)

    run_in_house(work)


@events.command("status", epilog="Example: watchword events status --json")
def status(as_json: AsJson = False) -> None:
    """Tell of each destination whether it answers and what waits; exit 1: one is not well."""
    found = run_in_house(lambda house: house.part(EventDesk).status())
    console.rows(found, _STATUS, as_json=as_json)
    if not all(rules.well(each) for each in found):
        raise typer.Exit(Exit.REFUSED)


@events.command("parked", epilog="Example: watchword events parked")
def parked(to: To = "", as_json: AsJson = False) -> None:
    """List events that a destination refused, oldest first, at most a thousand."""
    found = run_in_house(lambda house: house.part(EventDesk).parked(to or None))
    console.rows(found, _PARKED, as_json=as_json)


@events.command(
    "replay", epilog="Example: watchword events replay --since 2h --type 'id.user.*' --to amqp"
)
def replay(
    event: Annotated[
        UUID | None, typer.Argument(metavar="[ID]", help="This event alone, by its id.")
    ] = None,
    parked_ones: Annotated[
        bool, typer.Option("--parked", help="Those that a destination refused, and no others.")
    ] = False,
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
    named = bool(event or types or since or until or user)
    if parked_ones == named:
        raise console.refuse(
            "Say which: --parked, or an ID, --since, --until, --type or --user.", Exit.USAGE
        )
    chosen = _chosen(types, since, until, user, event)

    async def count(house: House) -> int:
        desk = house.part(EventDesk)
        names = desk.destinations(to)
        if parked_ones:
            return await desk.refused(to or None)
        return await desk.number(chosen) * len(names)

    async def work(house: House) -> int:
        desk = house.part(EventDesk)
        if parked_ones:
            return await desk.revive(to or None)
        return await desk.again(desk.destinations(to), chosen)

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
        since=rules.moment(since, now, "--since"),
        until=rules.moment(until, now, "--until"),
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
