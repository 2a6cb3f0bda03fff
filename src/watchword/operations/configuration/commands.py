"""`watchword env validate`, `config show`, `config reference` and `secrets generate`, `age`, `pull`."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.kernel.managers import ManagerTrouble
from watchword.operations.configuration import service
from watchword.operations.configuration.rules import Report, SettingsGuide, Shelf, fresh_secret
from watchword.plumbing import folders
from watchword.plumbing.commands import console
from watchword.plumbing.commands.handed import in_hand
from watchword.plumbing.commands.options import AsJson
from watchword.plumbing.commands.reading import SECRET_LIFE, read
from watchword.plumbing.settings.managers import PROVIDERS

environment = typer.Typer(help="The environment that this service is given.", no_args_is_help=True)
configuration = typer.Typer(help="The settings, and where they came from.", no_args_is_help=True)
secrets = typer.Typer(help="The secrets of this deployment.", no_args_is_help=True)
groups = {"env": environment, "config": configuration, "secrets": secrets}

Names = Annotated[list[str] | None, typer.Argument(help="Only these settings.")]
Folder = Annotated[
    Path | None,
    typer.Option("--dir", help="Write one file per secret here, readable by its owner alone."),
]
EnvFile = Annotated[
    Path | None,
    typer.Option("--env-file", help="Add them to this .env file, readable by its owner alone."),
]
ManagerPath = Annotated[
    str, typer.Option("--path", help="Where the manager keeps ours; else SECRETS_PATH.")
]
PULLED: Final = Path("var/secrets")
Result = TypeVar("Result")
Force = Annotated[bool, typer.Option("--force", help="Write over secrets that exist already.")]


@environment.callback()
def _environment() -> None:
    """Look at the environment that this service is given."""


@secrets.callback()
def _secrets() -> None:
    """Make secrets, fetch them, and tell how old they are."""


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
    canonical = {other: each.name for each in _guide().described() for other in each.aliases}
    wanted = {canonical.get(name, name) for name in names or ()}
    unknown = sorted(wanted - {line.name for line in report.lines})
    if unknown:
        known = [line.name for line in report.lines]
        raise console.refuse(_no_setting(unknown, known), console.Exit.USAGE)
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
def generate(
    more: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="These as well: USSD_GATEWAY_SECRET, METRICS_TOKEN."
        ),
    ] = None,
    folder: Folder = None,
    env_file: EnvFile = None,
    manager: Annotated[
        str, typer.Option("--to", metavar="vault|aws", help="Have this manager keep them.")
    ] = "",
    path: ManagerPath = "",
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a secret of 64 bytes for each purpose: print it, or write it to a folder, a .env or a manager."""
    names, chance = _wanted(more or []), SystemChance()
    if sum(map(bool, (folder, env_file, manager))) > 1:
        raise console.refuse("Choose one of --dir, --env-file and --to.", console.Exit.USAGE)
    if manager:
        shelf = _shelf(manager, path)
        made = _by_manager(lambda: service.fill_shelf(shelf, names, chance, force=force))
        _tell_made(f"{shelf.manager.title}, {shelf.path}", *made, as_json=as_json)
    elif place := folder or env_file:
        fill = service.fill if folder else service.fill_lines
        try:
            written, kept = fill(place, names, chance, force=force)
        except OSError as error:
            raise console.refuse(folders.trouble(place, error)) from error
        _tell_made(str(place), written, kept, as_json=as_json)
    else:
        fresh = {name: fresh_secret(chance) for name in names}
        lines = [f"{name}={secret}" for name, secret in fresh.items()]
        console.output(fresh, as_json=as_json, text=lines)


@secrets.command(epilog="Example: watchword secrets age --days 30")
def age(
    days: Annotated[int, typer.Option("--days", min=1, help="Older than that is old.")] = (
        SECRET_LIFE.days
    ),
    as_json: AsJson = False,
) -> None:
    """Say how old each secret is that this service is given; exit 1 when one is older than 90 days.

    A file tells when it was written, a manager since when it keeps this version; the environment tells
    nothing.
    """
    reading = read()
    if reading.sections is None:
        raise console.refuse("The settings are refused: `watchword env validate` says why.")
    now, most = SystemClock().now(), timedelta(days=days)
    rows = [
        {
            "name": each.name,
            "days": each.days(now),
            "state": "unknown" if each.since is None else "old" if each.old(now, most) else "ok",
            "source": each.source,
        }
        for each in reading.secrets
    ]
    console.rows(rows, ("name", "days", "state", "source"), as_json=as_json)
    old = [str(row["name"]) for row in rows if row["state"] == "old"]
    if old:
        console.talk(f"Older than {days} days, so rotate them: {', '.join(old)}.")
        raise typer.Exit(console.Exit.REFUSED)


@secrets.command(epilog="Example: watchword secrets pull --from vault --path auth/database")
def pull(
    manager: Annotated[
        str, typer.Option("--from", metavar="files|vault|aws", help="Who keeps them.")
    ] = "",
    path: ManagerPath = "",
    folder: Annotated[
        Path, typer.Option("--dir", help="Write one file per setting here.")
    ] = PULLED,
    as_json: AsJson = False,
) -> None:
    """Write what a manager keeps for this service into a folder, each file readable by its owner alone."""
    shelf = _shelf(manager, path)
    known = {name for name in _guide().setting_names() if not name.endswith("_FILE")}
    try:
        pulled = _by_manager(lambda: service.pull(shelf, folder, known))
    except OSError as error:
        raise console.refuse(folders.trouble(folder, error)) from error
    if as_json:
        console.output(pulled, as_json=True)
    if pulled.left:
        console.talk(f"No settings, so left there: {', '.join(pulled.left)}.")
    if not (pulled.written or pulled.same):
        raise console.refuse(f"{shelf.manager.title} keeps nothing for us at {shelf.path}.")
    for names, words in ((pulled.written, f"Written to {folder}"), (pulled.same, "As they were")):
        if names and not as_json:
            console.talk(f"{words}: {', '.join(names)}.")


def _wanted(more: Sequence[str]) -> Sequence[str]:
    """Return the names of the secrets that every deployment needs, and of those asked for beside."""
    secret = {each.name for each in _guide().described() if each.secret}
    unknown = sorted(set(more) - secret)
    if unknown:
        raise console.refuse(f"No secret is called {', '.join(unknown)}.", console.Exit.USAGE)
    return list(dict.fromkeys([*_guide().secret_names(), *more]))


def _shelf(manager: str, path: str) -> Shelf:
    if manager and manager not in PROVIDERS:
        raise console.refuse(f"Choose one of {', '.join(PROVIDERS)}.", console.Exit.USAGE)
    return _by_manager(lambda: _guide().shelf(manager, path))


def _by_manager(work: Callable[[], Result]) -> Result:
    """Do what a manager is needed for; its trouble is told and ends the command."""
    try:
        return work()
    except ManagerTrouble as trouble:
        raise console.refuse(f"{trouble}.", console.Exit.UNAVAILABLE) from trouble


def _tell_made(place: str, written: list[str], kept: list[str], *, as_json: bool) -> None:
    if as_json:
        console.output({"written": written, "kept": kept}, as_json=True)
        return
    if written:
        console.talk(f"Written to {place}: {', '.join(written)}.")
    if kept:
        console.talk(f"Kept as they are (--force writes over them): {', '.join(kept)}.")


def _no_setting(unknown: Sequence[str], known: Sequence[str]) -> str:
    """Say that these are no settings, and which they may have been meant for."""
    near = [each for name in unknown for each in get_close_matches(name.upper(), known, 1)]
    hint = f"; did you mean {', '.join(near)}?" if near else "."
    return f"No setting is called {', '.join(unknown)}{hint}"


def _guide() -> SettingsGuide:
    return in_hand(SettingsGuide)


def _talk(report: Report) -> None:
    for fault in report.faults:
        console.talk(f"{fault.name}: {fault.sentence}")
    for warning in report.warnings:
        console.talk(f"warning: {warning}")
