"""`watchword doctor`."""

from typing import Annotated

import typer

from watchword.operations.doctor.service import CHECKS, examine
from watchword.plumbing.commands.options import AsJson
from watchword.plumbing.commands.visit import make_round

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
    providers: Annotated[
        bool, typer.Option("--providers", help="Only those whom people sign in with.")
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
        "providers": providers,
        "dns": dns,
        "clock": time,
    }
    wanted = [check for check in CHECKS if chosen.get(check)] or list(CHECKS)
    make_round(examine(wanted), len(wanted), as_json=as_json)


groups = {"doctor": doctor}
