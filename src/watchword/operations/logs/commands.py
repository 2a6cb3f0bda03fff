"""`watchword logs`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from watchword.kernel.clock import SystemClock
from watchword.operations.logs.rules import Wanted
from watchword.operations.logs.service import followed, kept
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit
from watchword.plumbing.commands.moments import moment
from watchword.plumbing.commands.options import AsJson
from watchword.plumbing.commands.reading import read
from watchword.plumbing.logs.logger import LEVELS, for_people
from watchword.plumbing.settings import LogSettings

logs = typer.Typer(help="What the files of the log hold.")


@logs.callback(
    invoke_without_command=True, epilog="Example: watchword logs --level error --since 1h"
)
def show(
    level: Annotated[
        str, typer.Option("--level", metavar="debug|info|warn|error", help="At least that.")
    ] = "debug",
    since: Annotated[str, typer.Option("--since", help="From then on: a moment, or 1h ago.")] = "",
    category: Annotated[
        str,
        typer.Option("--category", help="Only these: http, auth, audit, security, performance."),
    ] = "",
    words: Annotated[str, typer.Option("--grep", metavar="WORDS", help="Only with these.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="And go on, until Ctrl+C.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option("--file", help="This file; else combined.log of LOG_DIR.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print lines of the log's files, the oldest first; with --json as they are, one object a line."""
    if level not in LEVELS:
        raise console.refuse("--level: write one of: debug, info, warn, error", Exit.USAGE)
    now = SystemClock().now()
    wanted = Wanted(
        level=level,
        since=console.read_or_refuse(lambda: moment(since, now, "--since")),
        category=category,
        words=words,
    )
    path = file or _own_file()
    if not path.exists():
        raise console.refuse(f"There is no log at {path}.")
    _print(kept(path, wanted), as_json=as_json)
    if follow:
        _print(followed(path, wanted), as_json=as_json)


def _own_file() -> Path:
    reading = read()
    if reading.sections is None:
        raise console.refuse("The settings are refused: `watchword env validate` says why.")
    path = reading.sections.section(LogSettings).paths().get("combined")
    if path is None:
        raise console.refuse("The log is kept in no files: set LOG_DIR, or name one by --file.")
    return path


def _print(lines: Iterator[str], *, as_json: bool) -> None:
    """Print each at once: somebody may follow by a pipe."""
    for line in lines:
        sys.stdout.write((line if as_json else console.printable(for_people(line))) + "\n")
        sys.stdout.flush()


groups = {"logs": logs}
