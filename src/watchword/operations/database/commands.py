"""`watchword db ...`."""

from typing import Annotated

import typer

from watchword.operations.database.service import DatabaseUpkeep
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house
from watchword.plumbing.commands.options import AsJson

db = typer.Typer(
    help="The database: demo accounts, slow statements, indexes.", no_args_is_help=True
)

Most = Annotated[int, typer.Option("--most", min=1, max=1000, help="How many to show.")]


@db.command("seed", epilog="Example: watchword db seed --json")
def seed(as_json: AsJson = False) -> None:
    """Make demo accounts, for development; print their password, which nobody tells again."""
    sown = run_in_house(lambda house: house.part(DatabaseUpkeep).seed())
    console.rows(sown, ("email", "role", "password"), as_json=as_json)


@db.command("slow", epilog="Example: watchword db slow --most 5")
def slow(most: Most = 20, as_json: AsJson = False) -> None:
    """Show the statements that take longest on average (PostgreSQL, pg_stat_statements)."""
    found = run_in_house(lambda house: house.part(DatabaseUpkeep).slow(most))
    columns = ("mean_ms", "calls", "total_ms", "rows", "statement")
    console.rows(found, columns, as_json=as_json)


@db.command("indexes", epilog="Example: watchword db indexes --json")
def indexes(as_json: AsJson = False) -> None:
    """Show every index with its size and how often it was used, the least used first."""
    found = run_in_house(lambda house: house.part(DatabaseUpkeep).indexes())
    console.rows(found, ("index", "table", "scans", "bytes"), as_json=as_json)


groups = {"db": db}
