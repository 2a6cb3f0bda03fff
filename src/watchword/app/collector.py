"""The collector of garbage: it rests while the program is imported, and never looks at what that made.

What an import makes stays: among it is a third of a megabyte of garbage, and to look for that took a
sixth of the start of every command, and more when it ended.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def rest() -> None:
    """Look for nothing until all is imported."""
    gc.disable()


def begin() -> None:
    """Set aside what is there for ever, and look at what comes and goes from now on."""
    gc.freeze()
    gc.enable()


@contextmanager
def resting() -> Iterator[None]:
    """Rest while what only some commands need is imported."""
    rest()
    try:
        yield
    finally:
        begin()
