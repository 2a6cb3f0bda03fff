"""`watchword loadtest`."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from watchword.kernel.chance import SystemChance
from watchword.operations.loadtest.rules import (
    LONGEST,
    MIXED,
    MOST_CONNECTIONS,
    MOST_REQUESTS,
    STEPS,
    Known,
    Plan,
    Result,
    accounts_in,
    may_go_to,
)
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit
from watchword.plumbing.commands.options import AsJson, Trust
from watchword.plumbing.commands.progress import progress

_COLUMNS = ("step", "requests", "failed", "per_second", "p50", "p95", "p99", "most", "statuses")

loadtest = typer.Typer(help="Bear down on a running service, and tell how it bore it.")


@loadtest.callback(
    invoke_without_command=True,
    epilog="Example: watchword loadtest --scenario health --requests 1000 --connections 10",
)
def bear_down(
    base: Annotated[
        str, typer.Option("--base", metavar="URL", help="The address of the service.")
    ] = "http://localhost:3000",
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="|".join(STEPS), help="What is asked.")
    ] = MIXED,
    requests: Annotated[
        int, typer.Option("--requests", "-n", min=1, max=MOST_REQUESTS, help="How often.")
    ] = 1_000,
    connections: Annotated[
        int,
        typer.Option("--connections", "-c", min=1, max=MOST_CONNECTIONS, help="How many at once."),
    ] = 10,
    lasts: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="So long, instead of so often: 30s.")
    ] = "",
    accounts: Annotated[
        Path | None,
        typer.Option(
            "--accounts", exists=True, help="Addresses and passwords, one pair on a line."
        ),
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="Its API_PREFIX.")] = "/api/v1",
    health: Annotated[
        str, typer.Option("--health-path", help="Its HEALTH_CHECK_PATH.")
    ] = "/health",
    spread: Annotated[
        bool, typer.Option("--spread", help="Say that each request comes from another address.")
    ] = False,
    owned: Annotated[
        bool,
        typer.Option("--this-service-is-mine", help="It may be on another machine: it is mine."),
    ] = False,
    trust: Trust = None,
    as_json: AsJson = False,
) -> None:
    """Bear down on a running service, and tell how it bore it; times are in milliseconds.

    Exit 1 when a request got no answer, a 5xx, or a status that is not one of its step's.
    """
    from watchword.operations.loadtest import service  # noqa: PLC0415 - a client of HTTP takes long to come, and no other command wants one

    address = console.web_base(base)
    if scenario not in STEPS:
        raise console.refuse(f"--scenario: write one of: {', '.join(STEPS)}.", Exit.USAGE)
    if not may_go_to(address, owned=owned):
        sentence = f"{address} is not this machine. If it is yours, say so: --this-service-is-mine."
        raise console.refuse(sentence, Exit.USAGE)
    plan = Plan(
        base=address,
        scenario=scenario,
        requests=requests,
        connections=connections,
        lasts=min(console.ago(lasts, "--for"), LONGEST) if lasts else None,
        prefix=prefix,
        health=health,
        spread=spread,
        known=_accounts(accounts),
    )
    with progress("asked") as tell:
        found = console.run(lambda: service.load(plan, SystemChance(), tell, trust))
    if as_json:
        console.output({"base": address, "scenario": scenario, "steps": found}, as_json=True)
    else:
        console.rows([_line(each) for each in found], _COLUMNS, as_json=False)
    if any(each.failed for each in found):
        raise console.refuse("Some were not answered as they should be.")


def _line(found: Result) -> dict[str, Any]:
    """Return what a person reads of a step."""
    statuses = ", ".join(f"{status}: {number}" for status, number in found.statuses.items())
    return {**msgspec.to_builtins(found), "statuses": statuses}


def _accounts(path: Path | None) -> tuple[Known, ...]:
    try:
        return accounts_in(path.read_text("utf-8")) if path else ()
    except ValueError as error:
        raise console.refuse(f"--accounts: {error}.", Exit.USAGE) from error


groups = {"loadtest": loadtest}
