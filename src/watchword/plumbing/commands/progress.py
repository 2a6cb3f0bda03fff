"""Progress of long work, on stderr: a bar for a person, a line at each tenth for a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from watchword.plumbing.commands.console import talk

_TENTHS = 10


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield what is told how much is done, and of how much."""
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    from rich.console import Console  # noqa: PLC0415 - a service draws no bars
    from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn  # noqa: PLC0415

    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str) -> Callable[[int, int], None]:
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = done * _TENTHS // total if total else _TENTHS
        if tenth > told:
            told = tenth
            talk(f"{what}: {done} of {total}")

    return tell
