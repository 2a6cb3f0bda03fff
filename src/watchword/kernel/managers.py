"""Managers of secrets: who keeps them for us, and how we ask; `app` says who it is.

read     all that is kept at a path, or below it where it ends in a slash
write    keep one secret, unless it is there already; `anew` keeps it all the same

Source: Twelve-Factor App, III. Config; NIST SP 800-57 Part 1, section 6.2.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from watchword.kernel.secret import Secret

VALUE: Final = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One secret: `path` names it below ours, `field` is what of it; `since` is when it came to be.

    `file` is where it is read from, if that is a file.
    """

    path: str
    field: str
    value: Secret
    since: datetime | None = None
    file: str = ""

    @property
    def spot(self) -> str:
        """Say where it is, below ours: `database`, or `database (url)` where it is one field of several."""
        return self.path if self.field == VALUE else f"{self.path} ({self.field})"


class ManagerTrouble(Exception):
    """The manager did not do what it was asked; the sentence says why, and holds no secret."""


class SecretManager(Protocol):
    """Whoever keeps secrets; `title` names it to people."""

    title: str

    def read(self, path: str) -> Sequence[Kept]:
        """Return what is kept there. Problem: `ManagerTrouble`."""
        ...

    def write(self, path: str, value: Secret, *, anew: bool = False) -> bool:
        """Keep one; false when it was there already and stays. Problem: `ManagerTrouble`."""
        ...


def names_of(kept: Kept) -> tuple[str, ...]:
    """Return the settings that a secret may be meant for, the likeliest first.

    `database-url` is DATABASE_URL; so are the field `url` of `database`, and DATABASE_URL of any.
    """
    path, field = _spelled(kept.path), _spelled(kept.field)
    if kept.field == VALUE:
        return (path,)
    return (f"{path}_{field}", field)


def meant(
    found: Iterable[Kept], known: Collection[str]
) -> tuple[Mapping[str, Sequence[Kept]], Sequence[Kept]]:
    """Return the secrets by the known name that each is meant for, and those that are for none."""
    by_name: dict[str, list[Kept]] = {}
    left: list[Kept] = []
    for kept in found:
        name = next((name for name in names_of(kept) if name in known), None)
        (left if name is None else by_name.setdefault(name, [])).append(kept)
    return by_name, left


def path_of(name: str) -> str:
    """Return where the secret of a setting is kept: DATABASE_URL at `database-url`."""
    return name.lower().replace("_", "-")


def _spelled(text: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in text.upper()).strip("_")
