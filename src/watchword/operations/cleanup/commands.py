"""`watchword cleanup ...`."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

import typer

from watchword.operations.cleanup.rules import Removed
from watchword.operations.cleanup.service import Cleanup
from watchword.plumbing import console
from watchword.plumbing.console import AsJson, run_in_house

cleanup = typer.Typer(help="Delete what is over; the worker does it every six hours.")


@cleanup.command("run", epilog="Example: watchword cleanup run")
def run(as_json: AsJson = False) -> None:
    """Delete all that is over and print how much of each kind."""
    removed = run_in_house(lambda house: house.part(Cleanup).run())
    console.output(asdict(removed), as_json=as_json)


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


def _one(work: Callable[[Cleanup], Awaitable[Removed]], *, as_json: bool) -> None:
    removed = run_in_house(lambda house: work(house.part(Cleanup)))
    number = sum(asdict(removed).values())
    console.output({"removed": number}, as_json=as_json, text=str(number))


groups = {"cleanup": cleanup}
