"""`watchword env validate`, `config show`, `config reference` and `secrets generate`."""

from pathlib import Path
from typing import Annotated

import typer

from watchword.kernel.chance import SystemChance
from watchword.operations.configuration import service
from watchword.operations.configuration.rules import Report, SettingsGuide, fresh_secret
from watchword.plumbing import folders
from watchword.plumbing.commands import console
from watchword.plumbing.commands.handed import in_hand
from watchword.plumbing.commands.options import AsJson

environment = typer.Typer(help="The environment that this service is given.", no_args_is_help=True)
configuration = typer.Typer(help="The settings, and where they came from.", no_args_is_help=True)
secrets = typer.Typer(help="The secrets of this deployment.", no_args_is_help=True)
groups = {"env": environment, "config": configuration, "secrets": secrets}

Names = Annotated[list[str] | None, typer.Argument(help="Only these settings.")]
Folder = Annotated[
    Path | None,
    typer.Option("--dir", help="Write one file per secret here, readable by its owner alone."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over secrets that exist already.")]


@environment.callback()
def _environment() -> None:
    """Look at the environment that this service is given."""


@secrets.callback()
def _secrets() -> None:
    """Make secrets."""


@environment.command(epilog="Example: APP_ENV=production watchword env validate")
def validate(as_json: AsJson = False) -> None:
    """Say everything that is wrong with the settings; exit 1 when the service would not start."""
    report = _guide().report()
    if as_json:
        told = {"ok": report.ok, "faults": report.faults, "warnings": report.warnings}
        console.output(told, as_json=True)
    else:
        _talk(report)
    if not report.ok:
        raise typer.Exit(console.Exit.REFUSED)
    if not as_json:
        console.output(
            None, as_json=False, text="The settings are complete and safe to start with."
        )


@configuration.command(epilog="Example: watchword config show PORT DATABASE_URL")
def show(names: Names = None, as_json: AsJson = False) -> None:
    """Show every setting and where it came from; secrets are masked."""
    report = _guide().report()
    if not report.ok:
        _talk(report)
        raise typer.Exit(console.Exit.REFUSED)
    wanted = set(names or ())
    unknown = sorted(wanted - {line.name for line in report.lines})
    if unknown:
        raise console.refuse(f"No setting is called {', '.join(unknown)}.", console.Exit.USAGE)
    lines = [line for line in report.lines if not wanted or line.name in wanted]
    console.rows(lines, ("name", "value", "source"), as_json=as_json)


@configuration.command(epilog="Example: watchword config reference --env > .env.example")
def reference(
    env: Annotated[bool, typer.Option("--env", help="As a .env file to copy.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print every setting there is: its name, default, other names and meaning."""
    if as_json:
        console.output(_guide().described(), as_json=True)
        return
    text = _guide().example() if env else _guide().reference()
    typer.echo(text, nl=False)


@secrets.command(epilog="Example: watchword secrets generate --dir secrets")
def generate(folder: Folder = None, force: Force = False, as_json: AsJson = False) -> None:
    """Make a secret of 64 bytes for each purpose, and print it or write it to a folder."""
    names, chance = _guide().secret_names(), SystemChance()
    if folder is None:
        made = {name: fresh_secret(chance) for name in names}
        lines = [f"{name}={secret}" for name, secret in made.items()]
        console.output(made, as_json=as_json, text=lines)
        return
    try:
        written, kept = service.fill(folder, names, chance, force=force)
    except OSError as error:
        raise console.refuse(folders.trouble(folder, error)) from error
    if as_json:
        console.output({"written": written, "kept": kept}, as_json=True)
        return
    if written:
        console.talk(f"Written to {folder}: {', '.join(written)}.")
    if kept:
        console.talk(f"Kept as they are (--force writes over them): {', '.join(kept)}.")


def _guide() -> SettingsGuide:
    return in_hand(SettingsGuide)


def _talk(report: Report) -> None:
    for fault in report.faults:
        console.talk(f"{fault.name}: {fault.sentence}")
    for warning in report.warnings:
        console.talk(f"warning: {warning}")
