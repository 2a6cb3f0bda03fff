"""`watchword doctor`."""

from typing import Annotated, Any

import typer

from watchword.operations.doctor.rules import Finding, Outcome
from watchword.operations.doctor.service import CHECKS, examine
from watchword.plumbing.commands import console
from watchword.plumbing.commands.options import AsJson

doctor = typer.Typer(help="Look at everything this service stands on; say what mends it.")


@doctor.callback(invoke_without_command=True, epilog="Example: watchword doctor --email")
def look(
    db: Annotated[bool, typer.Option("--db", help="Only the database.")] = False,
    redis: Annotated[bool, typer.Option("--redis", help="Only Redis.")] = False,
    email: Annotated[
        bool, typer.Option("--email", help="Only those who carry letters and texts.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Only where events and risk signals go.")
    ] = False,
    dns: Annotated[bool, typer.Option("--dns", help="Only the sender's domain.")] = False,
    time: Annotated[bool, typer.Option("--time", help="Only the clocks.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at everything this service stands on; exit 1 when something is wrong or was skipped."""
    chosen = {
        "database": db,
        "migrations": db,
        "isolation": db,
        "redis": redis,
        "mail": email,
        "texts": email,
        "events": events,
        "signals": events,
        "dns": dns,
        "clock": time,
    }
    wanted = [check for check in CHECKS if chosen.get(check)] or list(CHECKS)
    found = console.run(lambda: _round(wanted, talk=not as_json))
    if as_json:
        console.output({"ok": not _wrong(found), "checks": found}, as_json=True)
    if _wrong(found):
        raise typer.Exit(console.Exit.REFUSED)
    console.talk("Everything is well.")


async def _round(wanted: list[str], *, talk: bool) -> list[Finding]:
    found: list[Finding] = []
    async for finding in examine(wanted):
        found.append(finding)
        if talk:
            console.output(None, as_json=False, text=_lines(finding, len(found), len(wanted)))
    return found


def _lines(finding: Finding, number: int, count: int) -> list[str]:
    place = f"[{number:>{len(str(count))}}/{count}]"
    lines = [f"{place} {finding.check:<10} {finding.outcome:<8} {finding.detail}"]
    if finding.fix:
        lines.append(f"{'':<{len(place)}} {'':<10} to mend: {finding.fix}")
    return lines


def _wrong(found: list[Any]) -> bool:
    return any(finding.outcome in {Outcome.FAILED, Outcome.SKIPPED} for finding in found)


groups = {"doctor": doctor}
