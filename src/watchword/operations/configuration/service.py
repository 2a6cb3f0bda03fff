"""Secrets into a folder: whole files for their owner alone."""

import os
from collections.abc import Iterable
from pathlib import Path

from watchword.kernel.chance import Chance
from watchword.operations.configuration.rules import fresh_secret


def fill(
    folder: Path, names: Iterable[str], chance: Chance, *, force: bool = False, mark: str = ""
) -> tuple[list[str], list[str]]:
    """Write a fresh secret for each name; return the names written, and those kept as they were.

    `mark` is what each begins with.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written, kept = [], []
    for name in names:
        path = folder / name
        if path.exists() and not force:
            kept.append(name)
            continue
        _write(path, mark + fresh_secret(chance) + "\n")
        written.append(name)
    return written, kept


def _write(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
