"""The console: how commands speak, and how they end.

    stdout is data (a table, a value, or JSON with --json)      stderr is talk
    0 done   1 a check failed, or refused   2 usage   69 out of reach   75 later   77 not permitted

Colour goes when NO_COLOR is set or nobody looks at a terminal. Nothing is asked without a terminal:
what destroys takes --yes, or --dry-run to see what it would do (`agreed`). Commands reach the services
through `run_in_house`; `app` hands them how a house is opened (`OpenHouse`), so that no command knows how.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from enum import IntEnum
from typing import Any, Protocol, TypeVar

import msgspec

from watchword.kernel.parsing import duration
from watchword.kernel.problems import Kind, Overloaded, Problem
from watchword.plumbing.commands.handed import in_hand
from watchword.plumbing.house import House
from watchword.plumbing.logs.logger import redact
from watchword.plumbing.settings.parsers import web_address
from watchword.plumbing.words.languages import LANGUAGES

Result = TypeVar("Result")


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNAVAILABLE = 69
    LATER = 75
    FORBIDDEN = 77


_ENDS = {
    Kind.INVALID: Exit.USAGE,
    Kind.MALFORMED: Exit.USAGE,
    Kind.UNAUTHENTICATED: Exit.FORBIDDEN,
    Kind.FORBIDDEN: Exit.FORBIDDEN,
    Kind.TOO_MANY: Exit.LATER,
    Kind.UNAVAILABLE: Exit.UNAVAILABLE,
}


class OpenHouse(Protocol):
    """Opens the house; `app` fills it."""

    def __call__(self) -> AbstractAsyncContextManager[House]:
        """Open the house for the length of a block."""
        ...


def open_house() -> AbstractAsyncContextManager[House]:
    """Open the house for the length of a block."""
    return in_hand(OpenHouse)()


def run_in_house(work: Callable[[House], Awaitable[Result]]) -> Result:
    """Open the house, do the work, close it; a problem is told and ends the command."""

    async def inside() -> Result:
        async with open_house() as house:
            return await work(house)

    return run(inside)


def run(work: Callable[[], Awaitable[Result]]) -> Result:
    """Do work that needs no house; a problem is told and ends the command."""

    async def whole() -> Result:
        return await work()

    try:
        return asyncio.run(whole())
    except Problem as problem:
        raise fail(problem) from problem


def read_or_refuse(read: Callable[[], Result]) -> Result:
    """Read what was given on the command line; a problem is told and ends the command."""
    try:
        return read()
    except Problem as problem:
        raise fail(problem) from problem


def ago(text: str, option: str = "--since") -> timedelta:
    """Read how far back somebody wants to look; what is no duration ends the command."""
    try:
        return duration(text)
    except ValueError as error:
        raise refuse(f"{option}: {error}.", Exit.USAGE) from error


def web_base(text: str) -> str:
    """Read the address of a site given as --base; empty stays empty, what is none ends the command."""
    try:
        return web_address(text)
    except ValueError as error:
        raise refuse(f"--base: {error}.", Exit.USAGE) from error


def exit_code(problem: Problem) -> Exit:
    """Return how a command ends that met this problem."""
    if isinstance(problem, Overloaded):
        return Exit.LATER
    return _ENDS.get(problem.kind, Exit.REFUSED)


def fail(problem: Problem) -> SystemExit:
    """Tell a problem; raise what is returned."""
    faults = [f"{error.field}: {error.message}" for error in problem.errors]
    talk(*(faults or [_told(problem)]))
    return SystemExit(exit_code(problem))


def _told(problem: Problem) -> str:
    """Say what is wrong; of what is out of reach also the reason, for operators can mend it."""
    if problem.private and problem.kind is Kind.UNAVAILABLE:
        return f"{problem.detail} ({redact(problem.private)})"
    return problem.detail


def spoken(language: str) -> str:
    """Return a language that we speak, or none if none was given; another one ends the command."""
    if language and language not in LANGUAGES:
        raise refuse(f"--lang: write one of: {', '.join(LANGUAGES)}", Exit.USAGE)
    return language


def refuse(sentence: str, code: Exit = Exit.REFUSED) -> SystemExit:
    """Say why not; raise what is returned."""
    talk(sentence)
    return SystemExit(code)


def talk(*sentences: str) -> None:
    """Say something to the person, on stderr."""
    for sentence in sentences:
        sys.stderr.write(printable(sentence) + "\n")
    sys.stderr.flush()


def at_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is destroyed; without a terminal only --yes will do."""
    if yes:
        return
    if not at_terminal():
        raise refuse(f"{question} Nobody is here to answer: add --yes.", Exit.USAGE)
    from typer import confirm as answered_yes  # noqa: PLC0415 - a service asks nobody

    if not answered_yes(question, err=True):
        raise refuse("Nothing was done.")


def agreed(
    question: str, would: Callable[[], Any], *, dry_run: bool, yes: bool, as_json: bool
) -> bool:
    """Tell whether to go on: a dry run prints what `would` be done instead, and people are asked."""
    if dry_run:
        output(would(), as_json=as_json)
        return False
    confirm(question, yes=yes)
    return True


def output(data: Any, *, as_json: bool, text: str | Sequence[str] | None = None) -> None:
    """Print data: JSON when wanted, else the text, or a line for each value of a mapping."""
    if as_json:
        sys.stdout.write(_json(data) + "\n")
        return
    if text is None:
        flat = dict(_flat(_mapping(data)))
        width = max(map(len, flat), default=0)
        text = [f"{name:<{width}}  {_cell(value)}" for name, value in flat.items()]
    for line in [text] if isinstance(text, str) else text:
        sys.stdout.write(printable(line) + "\n")


def rows(found: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Print a list: JSON, a table for a person, or lines of tab-separated values for a program."""
    dicts = [_mapping(each) for each in found]
    if as_json:
        sys.stdout.write(_json([{name: row[name] for name in row} for row in dicts]) + "\n")
        return
    cells = [[printable(_cell(row[name])) for name in columns] for row in dicts]
    if not sys.stdout.isatty():
        for line in [list(columns), *cells]:
            sys.stdout.write("\t".join(line) + "\n")
        return
    _draw(columns, cells)


def _draw(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    # A service draws no tables, and rich takes five megabytes and fifty milliseconds to come.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))
    Console(highlight=False).print(table)


def printable(text: str) -> str:
    """Return text that cannot steer a terminal: what is not printable shows as a sign."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _mapping(data: Any) -> Mapping[str, Any]:
    built = msgspec.to_builtins(data)
    return built if isinstance(built, dict) else {"value": built}


def _flat(data: Mapping[str, Any], stem: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{stem}{name}.")
        else:
            yield f"{stem}{name}", value


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _json(data: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
