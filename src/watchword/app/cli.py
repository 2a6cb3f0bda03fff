"""The command line: `watchword serve --dev`, `watchword doctor`, `watchword users ...`.

Each slice brings its own commands (`commands.py`, `groups`); this module adds what runs the service.
"""

import os
import sys
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from watchword import __version__
from watchword.app import collector
from watchword.app.command_groups import command_groups
from watchword.app.examples import illustrate, listed
from watchword.app.reading import read_settings, read_some, reading_of
from watchword.app.settings import Settings
from watchword.app.settings.guide import CatalogueGuide
from watchword.kernel.parsing import none_or_duration
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import OpenHouse
from watchword.plumbing.commands.handed import handed
from watchword.plumbing.commands.options import AsJson, Base
from watchword.plumbing.commands.reading import Read
from watchword.plumbing.house import House

_OWN = {"serve", "worker", "health", "jobs", "--version"}

root = typer.Typer(
    name="watchword",
    help="Watchword: a self-hosted authentication and identity service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=listed(
        "watchword serve --dev",
        "watchword env validate",
        "watchword users create --email you@example.org --admin",
        "watchword doctor",
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"watchword {__version__}")
        raise typer.Exit


@root.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Watchword: a self-hosted authentication and identity service."""


@root.command(epilog="Example: watchword serve --dev")
def serve(
    dev: Annotated[
        bool,
        typer.Option(
            "--dev",
            help="Development: make secrets in var/, migrate, take the next port when one is busy.",
        ),
    ] = False,
    reload: Annotated[
        bool,
        typer.Option("--reload", help="Development: start anew whenever the source changes."),
    ] = False,
) -> None:
    """Serve people and programs until SIGTERM or Ctrl+C."""
    from watchword.app import starting

    raise typer.Exit(starting.start(dev=dev, reload=reload))


@root.command(epilog="Example: watchword worker")
def worker(
    table: Annotated[
        bool, typer.Option("--list", help="Print which jobs there are and when; do nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Carry letters and do the timed jobs, in a process of its own."""
    from watchword.app import running, starting

    raise typer.Exit(running.tell_jobs(as_json=as_json) if table else starting.work())


health = typer.Typer(
    help="Ask a running service how it is, or watch it.",
    epilog=listed("watchword health --ready", "watchword health monitor --once"),
)
root.add_typer(health, name="health")


@health.callback(invoke_without_command=True, epilog="Example: watchword health --ready")
def ask_health(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Ask only whether the process answers.")
    ] = False,
    ready: Annotated[bool, typer.Option("--ready", help="Ask whether it takes requests.")] = False,
    base: Annotated[
        str, typer.Option("--base", help="Its address; else this machine's PORT.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Ask a running service how it is; exit 0 when well (for container health checks)."""
    if context.invoked_subcommand is not None:
        return
    from watchword.app import probing

    path = "live" if live else "ready" if ready else "health"
    raise typer.Exit(probing.probe(base, path, as_json=as_json))


@health.command("monitor", epilog="Example: watchword health monitor --once --state alerts.json")
def monitor(
    base: Base = "",
    once: Annotated[
        bool, typer.Option("--once", help="Make one round; exit 1: it is down.")
    ] = False,
    on_fail: Annotated[
        str, typer.Option("--on-fail", metavar="COMMAND", help="What is run when it is not well.")
    ] = "",
    every: Annotated[str, typer.Option("--every", help="How often it is asked.")] = "60s",
    recheck: Annotated[
        str,
        typer.Option("--recheck", help="How long after a failure it is asked again; 0: at once."),
    ] = "30s",
    state: Annotated[
        Path | None, typer.Option("--state", help="A file that keeps what was told, for --once.")
    ] = None,
) -> None:
    """Watch a service; when it is down run a command, and tell people once.

    They are told at ALERT_WEBHOOK_URL and ALERT_EMAIL.
    """
    from watchword.app import monitoring

    try:
        pause = none_or_duration(recheck)
    except ValueError as error:
        raise console.refuse(f"--recheck: {error}.", console.Exit.USAGE) from error
    code = monitoring.watch(
        console.web_base(base),
        on_fail=on_fail,
        recheck=pause,
        every=None if once else console.ago(every, "--every"),
        state=state,
    )
    raise typer.Exit(code)


jobs = typer.Typer(
    help="What the worker does from time to time.",
    no_args_is_help=True,
    epilog=listed("watchword jobs list", "watchword jobs run retention"),
)
root.add_typer(jobs, name="jobs")


@jobs.command("list", epilog="Example: watchword jobs list --json")
def list_jobs(as_json: AsJson = False) -> None:
    """Print which jobs there are, when each is done, and next."""
    from watchword.app import running

    raise typer.Exit(running.tell_jobs(as_json=as_json))


@jobs.command("run", epilog="Example: watchword jobs run retention")
def run_job(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `watchword jobs list` has it.")],
) -> None:
    """Do once, now, what the worker does under that name; exit 75 while another process does so.

    A job that has times of its own does nothing when all its times are done already.
    """
    from watchword.app import running

    raise typer.Exit(running.run_once(name))


def add_slices(asked: str = "") -> None:
    """Add the commands of the slices, or only those beside which the one stands that is asked for.

    Those that are there already stay as they are. Is none of that name, all are there to choose from.
    """
    if asked in _OWN:
        return
    there = {each.name for each in root.registered_groups}
    for name, group in command_groups(asked).items():
        if name not in there:
            root.add_typer(group, name=name, epilog=illustrate(group))
    if asked and asked not in {each.name for each in root.registered_groups}:
        add_slices()


def _read(sections: Iterable[type[Any]] | None = None) -> Settings:
    """Read the settings of this process; some sections alone where they are named."""
    environ = dict(os.environ)
    return read_settings(environ) if sections is None else read_some(environ, sections)


def _open_house() -> AbstractAsyncContextManager[House]:
    with collector.resting():
        from watchword.app.building import configure_logs, open_house

        settings = _read()
    configure_logs(settings, quiet=True)
    return open_house(settings)


def _open_kit() -> AbstractAsyncContextManager[Any]:
    with collector.resting():
        from watchword.app.building import configure_logs, open_kit
        from watchword.kernel.clock import SystemClock

        settings = _read()
    configure_logs(settings, quiet=True)
    return open_kit(settings, SystemClock())


class _Hands(dict[Any, Any]):
    """What only `app` can do for the commands of the slices; what few ask for comes when one does."""

    def __missing__(self, kind: Any) -> Any:
        self.update(_rare_hands())
        if kind not in self:
            raise KeyError(kind)
        return self[kind]


def _hands() -> _Hands:
    from watchword.operations.configuration.rules import SettingsGuide

    return _Hands(
        {
            OpenHouse: _open_house,
            Read: lambda: reading_of(_read),
            SettingsGuide: CatalogueGuide(_read),
        }
    )


def _rare_hands() -> dict[Any, Any]:
    from watchword.app import carrying, lettering
    from watchword.operations.backup.service import OpenKit
    from watchword.operations.doctor.service import AskProviders, LookAtDomain, LookAtEvents
    from watchword.operations.events import service as events
    from watchword.operations.mail.service import OpenLetters
    from watchword.operations.sender_domain import service as sender_domain

    return {
        OpenKit: _open_kit,
        LookAtDomain: sender_domain.steps,
        AskProviders: lambda: carrying.ask_providers(_read()),
        LookAtEvents: events.steps,
        OpenLetters: lambda: lettering.letters_of(_read()),
    }


def run() -> int:
    """Run the command line; return the exit code."""
    add_slices(*sys.argv[1:2])
    hands = _hands()
    collector.begin()
    with handed(hands):
        root()
    return console.Exit.DONE
