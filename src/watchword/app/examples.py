"""Examples: what the help of a group of commands shows, taken from the commands in it.

Each command says its own, as the line below its help; a group shows the first few of its commands', and
one of each group inside it.
"""

from collections.abc import Iterator
from itertools import islice

import typer

MARK = "Example:"
_MOST = 4


def illustrate(group: typer.Typer) -> str | None:
    """Return what stands below the help of a group; see to it in the groups inside as well."""
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            inner.epilog = illustrate(inner.typer_instance)
    return listed(*islice(_examples(group), _MOST))


def listed(*found: str) -> str | None:
    """Write examples one below the other; nothing when there are none."""
    return f"{MARK} " + "\n".join(found) if found else None


def _examples(group: typer.Typer) -> Iterator[str]:
    """Yield the examples of a group: its own, its commands', the first of each group inside."""
    told = [each.epilog for each in group.registered_commands]
    if group.registered_callback is not None:
        told.insert(0, group.registered_callback.epilog)
    yield from (each.removeprefix(MARK).strip() for each in told if isinstance(each, str))
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from islice(_examples(inner.typer_instance), 1)
