"""`watchword cache ...`."""

import typer

from watchword.operations.cache.service import CacheUpkeep
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house
from watchword.plumbing.commands.options import AsJson

cache = typer.Typer(help="The cache in Redis: look at it, empty it.", no_args_is_help=True)


@cache.command("status", epilog="Example: watchword cache status --json")
def status(as_json: AsJson = False) -> None:
    """Say how many copies the cache holds."""
    count = run_in_house(lambda house: house.part(CacheUpkeep).count())
    console.output({"copies": count}, as_json=as_json, text=f"{count} copies")


@cache.command("clear", epilog="Example: watchword cache clear")
def clear(as_json: AsJson = False) -> None:
    """Drop every copy; sessions, limits and whatever else is in that Redis stay."""
    gone = run_in_house(lambda house: house.part(CacheUpkeep).clear())
    console.output({"dropped": gone}, as_json=as_json, text=f"{gone} copies dropped")


groups = {"cache": cache}
