"""Layers: the places where a setting may be told, asked one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from watchword.app.settings.values import Kind, Source

MOST_BYTES = 64 * 1024
FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class Told:
    """A text, and where it was found."""

    text: str = field(repr=False)
    source: Source


class Unreadable(ValueError):
    """A place names a text that cannot be had."""


class Layer(Protocol):
    """One place."""

    def get(self, name: str) -> Told | None:
        """Return what this place says, which may be empty text. Problem: `Unreadable`."""
        ...


@dataclass(frozen=True, slots=True)
class Variables:
    """NAME=value pairs: the environment, or a `.env` file; NAME_FILE names a file that holds it."""

    values: Mapping[str, str] = field(repr=False)
    cwd: Path
    kind: Kind
    where: str
    since: datetime | None = None

    def get(self, name: str) -> Told | None:
        """Return the value, or the content of the file."""
        text, path = self.values.get(name, ""), self.values.get(name + FILE, "")
        if text and path:
            message = f"{name} and {name}{FILE} are both given: keep one"
            raise Unreadable(message)
        if path:
            file = self.cwd / path
            label = f"{path} ({name}{FILE})"
            return Told(content(file), Source(Kind.FILE, label, since=written_at(file), file=path))
        if name not in self.values:
            return None
        return Told(text, Source(self.kind, f"{name} in {self.where}", since=self.since))


@dataclass(frozen=True, slots=True)
class Folder:
    """One file per name: Docker and Kubernetes secrets, `var/secrets`."""

    path: Path

    def names(self) -> frozenset[str]:
        """Return what its files are called."""
        try:
            return frozenset(each.name for each in self.path.iterdir() if each.is_file())
        except OSError:
            return frozenset()

    def get(self, name: str) -> Told | None:
        """Return the content of the file of that name."""
        file = self.path / name
        if not file.is_file():
            return None
        return Told(
            content(file), Source(Kind.SECRETS, str(file), since=written_at(file), file=str(file))
        )


@dataclass(frozen=True, slots=True)
class Defaults:
    """Defaults of a profile or of a kind of environment."""

    values: Mapping[str, str]
    kind: Kind
    where: str

    def get(self, name: str) -> Told | None:
        """Return the default."""
        text = self.values.get(name)
        return None if text is None else Told(text, Source(self.kind, self.where))


def written_at(path: Path) -> datetime | None:
    """Return when a file was last written."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def content(path: Path) -> str:
    """Return a file's text without one newline at its end. Problem: `Unreadable`."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise Unreadable(message) from error
    if len(data) > MOST_BYTES:
        message = f"{path} is too long for a setting"
        raise Unreadable(message)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        message = f"{path} is not UTF-8 text"
        raise Unreadable(message) from None
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
