"""`python -m benchmarks`: hold the contests, print the tables, keep the figures as JSON."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import report
from benchmarks.contests import (
    beside_logins,
    events,
    footprint,
    letters,
    owing,
    refresh,
    session_check,
    sign_in,
    sign_in_bcrypt,
    writes,
)
from benchmarks.cores import describe_machine
from benchmarks.ground import Ground, prepared, rivals_installed
from benchmarks.rounds import Played, play
from benchmarks.servers import ROOT
from benchmarks.watchword import Service

CONTESTS = (
    session_check,
    sign_in,
    sign_in_bcrypt,
    refresh,
    writes,
    letters,
    events,
    owing,
    beside_logins,
    footprint,
)
RESULTS = ROOT / "bench-results"
PAGE = ROOT / "docs" / "operate" / "performance.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    rounds: int
    seconds: float
    only: frozenset[str]


def wanted(only: frozenset[str]) -> list[ModuleType]:
    """Contests by name; a contender's name may occur in any of them."""
    if only <= {module.NAME for module in CONTESTS}:
        return [module for module in CONTESTS if not only or module.NAME in only]
    return list(CONTESTS)


def hold(ground: Ground, options: Options, console: Console) -> list[Played]:
    played = []
    service = Service.installed(ground)
    for module in wanted(options.only):
        with module.contest(ground, service) as whole:
            contest = whole.only(options.only)
            if contest is None:
                continue
            with console.status(contest.title) as status:
                done = play(
                    contest, rounds=options.rounds, seconds=options.seconds, tell=status.update
                )
        show(done, console)
        played.append(done)
    return played


def show(played: Played, console: Console) -> None:
    for headings, rows in (
        (report.headings(played), report.rows(played)),
        (report.RATIO_HEADINGS, report.ratio_rows(played)),
    ):
        if not rows:
            continue
        table = Table(*headings, title=played.contest.title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def main(
    rounds: Annotated[int, typer.Option(help="Turns of every contender.", min=1, max=50)] = 3,
    seconds: Annotated[float, typer.Option(help="Length of a turn.", min=0.2, max=60)] = 4.0,
    only: Annotated[str, typer.Option(help="Contests or contenders, by comma.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="One short round of each.")] = False,
    write_docs: Annotated[bool, typer.Option("--write-docs", help="Renew the page.")] = False,
) -> None:
    """Measure Watchword beside the machine's limits and its rivals."""
    options = Options(
        rounds=1 if quick else rounds,
        seconds=min(seconds, 1.0) if quick else seconds,
        only=frozenset(word.strip() for word in only.split(",") if word.strip()),
    )
    console = Console()
    # A terminated run unwinds like a finished one: every server is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = datetime.now(UTC)
    with prepared() as ground:
        about: dict[str, object] = {
            "measured": began.strftime("%d %B %Y"),
            **describe_machine(),
            "PostgreSQL": ", ".join(f"{k} {v}" for k, v in ground.facts().items()),
            "server core": ground.cores.server,
            "load generator and PostgreSQL on core": ground.cores.load,
            "rounds": f"{options.rounds} of {options.seconds:g} s, interleaved",
            "rivals": "installed" if rivals_installed() else "left out: no .venv-bench",
        }
        played = hold(ground, options, console)
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / f"{began:%Y-%m-%dT%H%M%SZ}.json"
    kept.write_text(json.dumps(report.as_json(played, about), indent=1))
    if write_docs:
        PAGE.write_text(report.renewed(PAGE.read_text(), played, about))
    console.print(f"kept in {kept.relative_to(ROOT)}")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
