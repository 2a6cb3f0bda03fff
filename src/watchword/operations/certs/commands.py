"""`watchword certs ...`."""

from pathlib import Path
from typing import Annotated

import typer

from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.operations.certs.service import make_self_signed
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit
from watchword.plumbing.commands.options import AsJson

certs = typer.Typer(help="Certificates for TLS.", no_args_is_help=True)


@certs.callback()
def group() -> None:
    """Keep one command a command of the group."""


@certs.command("self-signed", epilog="Example: watchword certs self-signed --host localhost ssl")
def self_signed(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    host: Annotated[list[str], typer.Option("--host", help="A host name or an address; several.")],
    days: Annotated[int, typer.Option("--days", min=1, max=825, help="How long it is good.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Write a key, a request for it, and a certificate for tests; never over files that exist."""
    try:
        files = make_self_signed(folder, host, days, SystemClock().now(), SystemChance())
    except FileExistsError as error:
        raise console.refuse(f"{error.filename} exists: choose another folder.") from error
    except ValueError as error:
        raise console.refuse(f"{error}.", Exit.USAGE) from error
    told = {"SSL_KEY_PATH": str(files.key), "SSL_CERT_PATH": str(files.certificate)}
    console.talk(f"To have it signed instead: {files.request}")
    console.output(told, as_json=as_json, text=[f"{name}={path}" for name, path in told.items()])


groups = {"certs": certs}
