"""A folder of secrets: `database-url` holds DATABASE_URL, and so does `database/url`.

Docker and Kubernetes mount theirs like that, by links within the folder; names that begin with a dot are
theirs. One newline at the end of a file is none of the secret's.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from watchword.kernel.managers import VALUE, Kept, ManagerTrouble
from watchword.kernel.secret import Secret

_MOST: Final = 64 * 1024


class FileSecrets:
    """Keeps secrets in files below a folder."""

    def __init__(self, root: Path) -> None:
        """Keep them there; paths are told from it."""
        self._root = root
        self.title = "a folder"

    def read(self, path: str) -> Sequence[Kept]:
        """Return what is kept there. Problem: `ManagerTrouble`."""
        place = self._root / path
        try:
            if place.is_file():
                return [_kept(place, place.name, VALUE)]
            whole = path.endswith("/")
            if not (whole or place.exists()):
                return []
            return list(_below(place) if whole else _fields(place, place.name))
        except OSError as error:
            raise ManagerTrouble(f"{place} cannot be read ({error.strerror})") from error

    def write(self, path: str, value: Secret, *, anew: bool = False) -> bool:  # noqa: ARG002 - the port's
        """Refuse: a folder is filled by `secrets generate --dir`. Problem: `ManagerTrouble`."""
        raise ManagerTrouble(f"{self.title} is written to by --dir: {path} is left as it is")


def _below(folder: Path) -> Iterator[Kept]:
    for each in sorted(folder.iterdir()):
        if each.name.startswith("."):
            continue
        if each.is_dir():
            yield from _fields(each, each.name)
        elif each.is_file():
            yield _kept(each, each.name, VALUE)


def _fields(folder: Path, path: str) -> Iterator[Kept]:
    for each in sorted(folder.iterdir()):
        if each.is_file() and not each.name.startswith("."):
            yield _kept(each, path, each.name)


def _kept(file: Path, path: str, field: str) -> Kept:
    with file.open("rb") as opened:
        data = opened.read(_MOST + 1)
    if len(data) > _MOST:
        raise ManagerTrouble(f"{file} is too long for a secret")
    try:
        text = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ManagerTrouble(f"{file} is not UTF-8 text") from None
    since = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return Kept(path=path, field=field, value=Secret(text), since=since, file=str(file))
