"""`watchword security-check`."""

from pathlib import Path
from typing import Annotated

import typer

from watchword.kernel.clock import SystemClock
from watchword.operations.security_check.rules import CHECKS, Wanted
from watchword.plumbing.commands import console
from watchword.plumbing.commands.options import AsJson, Base, Trust
from watchword.plumbing.commands.visit import make_round

security_check = typer.Typer(
    help="Look for secrets that lie open, and at what a live address tells."
)


@security_check.callback(
    invoke_without_command=True,
    epilog="Example: watchword security-check --base https://auth.example.org .",
)
def look(
    folder: Annotated[
        Path,
        typer.Argument(metavar="[FOLDER]", exists=True, file_okay=False, help="Where to look."),
    ] = Path(),
    base: Base = "",
    trust: Trust = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Digests of what is known to be no secret.")
    ] = None,
    write_baseline: Annotated[
        bool,
        typer.Option("--write-baseline", help="Note what is found as no secret; look no further."),
    ] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Give open files of secrets mode 600; change nothing else."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look for secrets that lie open and for what is unsafe; exit 1 when something is wrong.

    Nothing is changed without --fix, and no secret is printed: places are told by file, line and kind.
    """
    from watchword.operations.security_check import service  # noqa: PLC0415 - a client of HTTP takes long to come, and no other command wants one

    wanted = Wanted(
        folder=folder, base=console.web_base(base), baseline=baseline, fix=fix, trust=trust
    )
    if write_baseline:
        number = service.write_baseline(wanted)
        told = {"baseline": str(service.baseline_of(wanted)), "known": number}
        console.output(told, as_json=as_json)
        return
    make_round(service.examine(wanted, SystemClock()), len(CHECKS), as_json=as_json)


groups = {"security-check": security_check}
