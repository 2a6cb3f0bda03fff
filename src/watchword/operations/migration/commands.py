"""`watchword migrate ...`."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from watchword.migrations import migrate as schema
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.house import House
from watchword.plumbing.settings import DatabaseSettings, ServerSettings

migrate = typer.Typer(help="The database's schema: bring it up to date, look at it.")

Result = TypeVar("Result")
Half = Annotated[
    str | None,
    typer.Option(
        "--half", help="Only `before` (the old program may still run) or only `after` (it may not)."
    ),
]
_COLUMNS = ("id", "state", "half", "subject")
_PENDING = Exit.USAGE  # 2, as deployments ask for; unlike a usage error it has a list on stdout


@migrate.command("up", epilog="Example: watchword migrate up")
def up(half: Half = None, as_json: AsJson = False) -> None:
    """Apply what is pending, all of it or nothing."""
    _check(half)
    applied = _on_database(lambda url, tls: schema.up(url, half=half, tls=tls))
    text = [f"applied {each}" for each in applied] or "Nothing was pending."
    console.output({"applied": applied}, as_json=as_json, text=text)


@migrate.command("status", epilog="Example: watchword migrate status --json")
def status(as_json: AsJson = False) -> None:
    """List what is applied and what is pending; exit 2 when something is, 1 when the database is newer."""
    found = _on_database(lambda url, tls: schema.status(url, tls=tls))
    lacking = (
        "unknown" if found.unknown else "pending"
    )  # what a newer program did is not ours to say
    listed = [
        {"id": each.id, "state": state, "half": each.half, "subject": each.subject}
        for state, revisions in (("applied", found.applied), (lacking, found.pending))
        for each in revisions
    ]
    console.rows(listed, _COLUMNS, as_json=as_json)
    if found.unknown:
        raise console.refuse(
            f"The database is newer than this program, which knows nothing of"
            f" {', '.join(found.unknown)}: install the version that migrated it, or a newer one."
        )
    if found.pending:
        raise console.refuse("Something is pending: watchword migrate up", _PENDING)


@migrate.command("sql", epilog="Example: watchword migrate sql > schema.sql")
def sql(
    dialect: Annotated[str, typer.Option("--dialect", help="postgresql or sqlite.")] = "postgresql",
    half: Half = None,
    as_json: AsJson = False,
) -> None:
    """Print the whole schema as a script."""
    _check(half)
    if dialect not in {"postgresql", "sqlite"}:
        raise console.refuse("--dialect is postgresql or sqlite.", Exit.USAGE)
    script = schema.sql(f"{dialect}://", half=half)
    if as_json:
        console.output({"dialect": dialect, "sql": script}, as_json=True)
    else:
        print(script, end="")


@migrate.command("resolve", epilog="Example: watchword migrate resolve before_0001 --applied")
def resolve(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="As `status` lists it.")],
    applied: Annotated[
        bool,
        typer.Option(
            "--applied/--rolled-back",
            help="It and those before it are there; or it and those after it are not.",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Mark a revision as applied or rolled back, without running anything."""
    try:
        _on_database(lambda url, tls: schema.resolve(url, revision, applied=applied, tls=tls))
    except ValueError as unknown:
        raise console.refuse(f"There is {unknown}", Exit.USAGE) from unknown
    state = "applied" if applied else "rolled back"
    if as_json:
        console.output({"revision": revision, "state": state}, as_json=True)
    else:
        console.talk(f"{revision} is marked as {state}.")


@migrate.command("reset", epilog="Example: watchword migrate reset --database watchword.db --yes")
def reset(
    database: Annotated[
        str, typer.Option("--database", help="The database's name, to show that it is meant.")
    ] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Destroy all data and make the tables anew; never in production."""
    name = run_in_house(_destructible)
    meant = name if dry_run and not database else database or _asked(name)
    if meant != name:
        raise console.refuse(f"The database here is {name}: nothing was done.", Exit.USAGE)
    question = f"Destroy all data of {name}?"
    typed = not database  # whoever typed the name has answered
    if not console.agreed(
        question,
        lambda: {"would_destroy": name},
        dry_run=dry_run,
        yes=yes or typed,
        as_json=as_json,
    ):
        return
    applied = _on_database(lambda url, tls: schema.reset(url, tls=tls))
    console.output({"applied": applied}, as_json=as_json)


async def _destructible(house: House) -> str:
    """Return the database's name, unless its data is worth something."""
    if not house.part(ServerSettings).development:
        raise console.refuse(
            "This destroys all data: not in production. Restore a backup, or mend it by a new"
            " migration.",
            Exit.FORBIDDEN,
        )
    return house.part(DatabaseSettings).direct_url.rpartition("/")[2].partition("?")[0]


def _asked(name: str) -> str:
    """Ask for the name of what will be destroyed."""
    if not console.at_terminal():
        raise console.refuse(f"Nobody is here to ask: add --database {name} and --yes", Exit.USAGE)
    answer: str = typer.prompt(
        f"All data will be lost. Type the database's name ({name})", err=True
    )
    return answer


def _on_database(work: Callable[[str, Any], Awaitable[Result]]) -> Result:
    async def inside(house: House) -> Result:
        settings = house.part(DatabaseSettings)
        return await work(settings.direct_url, settings.tls_context())

    return run_in_house(inside)


def _check(half: str | None) -> None:
    if half not in {None, "before", "after"}:
        raise console.refuse("--half is before or after.", Exit.USAGE)


groups = {"migrate": migrate}
