"""`watchword cleanup ...`."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

import typer

from watchword.operations.cleanup.rules import Removed
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house
from watchword.plumbing.commands.options import AsJson

Work = Callable[[Cleanup], Awaitable[Removed | None]]

_BUSY = "Another cleanup runs just now: try again in a minute. (A killed one is waited for five minutes.)"

cleanup = typer.Typer(help="Delete what is over; the worker does it at the times of CLEANUP_CRON.")


@cleanup.command("run", epilog="Example: watchword cleanup run")
def run(as_json: AsJson = False) -> None:
    """Delete all that is over and print how much of each kind."""
    console.output(asdict(_removed(lambda service: service.run())), as_json=as_json)


@cleanup.command("tokens", epilog="Example: watchword cleanup tokens")
def tokens(as_json: AsJson = False) -> None:
    """Delete links, codes and refresh tokens that are over; print their number."""
    _one(lambda service: service.run_tokens(), as_json=as_json)


@cleanup.command("otps", epilog="Example: watchword cleanup otps")
def otps(as_json: AsJson = False) -> None:
    """Delete links and codes that are over; print their number."""
    _one(lambda service: service.run_tickets(), as_json=as_json)


@cleanup.command("sessions", epilog="Example: watchword cleanup sessions")
def sessions(as_json: AsJson = False) -> None:
    """Delete sessions that are over; print their number."""
    _one(lambda service: service.run_sessions(), as_json=as_json)


def _one(work: Work, *, as_json: bool) -> None:
    number = sum(asdict(_removed(work)).values())
    console.output({"removed": number}, as_json=as_json, text=str(number))


def _removed(work: Work) -> Removed:
    """Do it, or say that another does so just now."""
    removed = run_in_house(lambda house: work(house.part(Cleanup)))
    if removed is None:
        raise console.refuse(_BUSY, console.Exit.LATER)
    return removed


groups = {"cleanup": cleanup}
