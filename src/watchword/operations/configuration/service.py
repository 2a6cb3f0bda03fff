"""Secrets made and fetched: whole files for their owner alone, lines of a `.env`, or a manager's."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchword.kernel.chance import Chance
from watchword.kernel.managers import ManagerTrouble, meant, path_of
from watchword.kernel.secret import Secret
from watchword.operations.configuration.rules import Shelf, fresh_secret, named_in
from watchword.plumbing.folders import write_privately


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """Which settings were fetched, which of them are as they were, and what was left where it is."""

    written: Sequence[str]
    same: Sequence[str]
    left: Sequence[str]


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
        write_privately(path, mark + fresh_secret(chance) + "\n")
        written.append(name)
    return written, kept


def fill_lines(
    file: Path, names: Iterable[str], chance: Chance, *, force: bool = False
) -> tuple[list[str], list[str]]:
    """Give a `.env` a fresh secret for each name; return the names written, and those kept."""
    text = file.read_text("utf-8") if file.exists() else ""
    there = named_in(text)
    written = [name for name in names if force or name not in there]
    lines = [line for line in text.splitlines() if not (force and named_in(line) & set(written))]
    lines += [f"{name}={fresh_secret(chance)}" for name in written]
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_privately(file, "\n".join([*lines, ""]))
    return written, [name for name in names if name not in written]


def fill_shelf(
    shelf: Shelf, names: Iterable[str], chance: Chance, *, force: bool = False
) -> tuple[list[str], list[str]]:
    """Have a manager keep a fresh secret for each name; return the names written, and those kept.

    Problem: `ManagerTrouble`.
    """
    place = shelf.path if shelf.path.endswith("/") else f"{shelf.path}/"
    written: list[str] = []
    kept: list[str] = []
    for name in names:
        secret = Secret(fresh_secret(chance))
        new = shelf.manager.write(place + path_of(name), secret, anew=force)
        (written if new else kept).append(name)
    return written, kept


def pull(shelf: Shelf, folder: Path, known: Collection[str]) -> Pulled:
    """Write what a manager keeps for us into a folder, a file for each setting. Problem: `ManagerTrouble`."""
    by_name, left = meant(shelf.manager.read(shelf.path), known)
    twice = [name for name, kept in by_name.items() if len(kept) > 1]
    if twice:
        raise ManagerTrouble(f"{shelf.manager.title} keeps two secrets for {', '.join(twice)}")
    if by_name:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[str] = []
    same: list[str] = []
    for name, [kept] in by_name.items():
        fresh = _put(folder / name, kept.value.reveal() + "\n")
        (written if fresh else same).append(name)
    return Pulled(written=written, same=same, left=[each.spot for each in left])


def _put(path: Path, text: str) -> bool:
    """Write a file for its owner alone; false when it held that already."""
    if path.is_file() and path.read_bytes() == text.encode():
        path.chmod(0o600)
        return False
    write_privately(path, text)
    return True
