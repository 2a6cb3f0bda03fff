"""`watchword smoke`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.kernel.secret import Secret
from watchword.operations.smoke.rules import Account, Paths, stranger
from watchword.plumbing.commands import console
from watchword.plumbing.commands.options import AsJson, Trust
from watchword.plumbing.commands.visit import make_round

smoke = typer.Typer(help="Look at a running service from outside, as its users do.")


@smoke.callback(
    invoke_without_command=True,
    epilog="Example: watchword smoke --base https://auth.example.org",
)
def look(
    base: Annotated[str, typer.Option("--base", metavar="URL", help="The address people use.")],
    account: Annotated[
        str, typer.Option("--account", metavar="EMAIL", help="Sign in as this account for trials.")
    ] = "",
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file", exists=True, help="Where its password is; else it is typed."
        ),
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help="Development: make an account for the trial first.")
    ] = False,
    health: Annotated[
        str, typer.Option("--health-path", help="Its HEALTH_CHECK_PATH.")
    ] = "/health",
    ready: Annotated[str, typer.Option("--ready-path", help="Its READY_CHECK_PATH.")] = "/ready",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PATH",
            help="What the proxy leads there, such as /auth, if not all; as often as there are some.",
        ),
    ] = None,
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Look at a running service from outside, as its users do; exit 1 when something is wrong."""
    from watchword.operations.smoke import service  # noqa: PLC0415 - a client of HTTP takes long to come, and no other command wants one

    address = console.web_base(base)
    whose = _whose(account, password_file, register=register)
    paths = Paths(health=health, ready=ready, led=tuple(only or ()))
    checks = service.smoke(address, whose, SystemClock(), paths, trust)
    make_round(checks, len(paths.checks(whose)), as_json=as_json)


def _whose(email: str, password_file: Path | None, *, register: bool) -> Account | None:
    """Return who signs in; nobody, unless that was asked for."""
    if register:
        return stranger(SystemChance())
    if not email:
        return None
    if password_file is not None:
        return Account(email=email, password=Secret(password_file.read_text("utf-8").strip()))
    if not sys.stdin.isatty():
        raise console.refuse(
            "Nobody is here to type a password: add --password-file.", console.Exit.USAGE
        )
    from typer import prompt  # noqa: PLC0415 - a service asks nobody

    typed = prompt(f"Password of {email}", hide_input=True, err=True)
    return Account(email=email, password=Secret(typed))


groups = {"smoke": smoke}
