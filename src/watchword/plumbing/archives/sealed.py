"""Sealed files: a stream into one, encrypted to recipients; and out of it, for whoever has the identity.

The work is done in a thread of its own; who goes away ends it.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from watchword.kernel.secret import Secret
from watchword.plumbing.archives import age
from watchword.plumbing.archives.measured import Measure, Measured, Readable, Tell, Writable

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a sealed file came to, encrypted and in the clear."""

    cipher: Measure
    plain: Measure


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals streams into files; `stop` ends what is under way."""

    to: Sequence[Any]
    stop: Event

    def seal(self, source: Readable, path: Path, tell: Tell = lambda _done: None) -> Sealed:
        """Read the source to its end, into a file for its owner alone. OSError: the disk is full."""
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            clear = Measured(source, tell=tell, stop=self.stop)
            hidden = Measured(target=file, stop=self.stop)
            age.encrypt(clear, hidden, self.to)
            os.fsync(file.fileno())
        return Sealed(hidden.measure, clear.measure)


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens sealed files."""

    by: Sequence[Any]

    def pour(self, path: Path, target: Writable | None = None) -> Measure:
        """Write what is in a file to the target, if there is one; return what it was. `age.Broken`."""
        with path.open("rb") as file:
            clear = Measured(target=target)
            age.decrypt(Measured(file), clear, self.by)
        return clear.measure


def sealing(recipients: Sequence[str]) -> Sealing:
    """Seal to these recipients. ValueError: one is none. Problem: `backup_extra_missing`."""
    return Sealing(age.recipients(recipients), Event())


def opening(identity: Secret) -> Opening:
    """Open by this identity. Problems: `backup_key_wrong`, `backup_extra_missing`."""
    return Opening(age.identities(identity))


async def in_thread(work: Callable[[], Result], stop: Event) -> Result:
    """Do it in a thread; when the asker goes away, have it stop, and wait until it did."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()
        raise
