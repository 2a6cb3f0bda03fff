"""What a look at the settings tells, and how a secret is spelled."""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final, Protocol

from watchword.kernel.chance import Chance
from watchword.kernel.managers import SecretManager

SECRET_BYTES: Final = 64
_NAMED: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One setting as it may be shown: a secret's value is `[set]`."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One setting there is; `default` is None where one must be given."""

    name: str
    default: str | None
    aliases: tuple[str, ...]
    meaning: str
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A look at the settings; `lines` is empty when they are refused."""

    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether the service would start."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A manager of secrets, and the place there that is ours."""

    manager: SecretManager
    path: str


class SettingsGuide(Protocol):
    """Whoever can read the settings; `app` fills it."""

    def report(self) -> Report:
        """Look at the settings of this process."""
        ...

    def secret_names(self) -> tuple[str, ...]:
        """Return the names of the secrets that a deployment needs."""
        ...

    def setting_names(self) -> frozenset[str]:
        """Return every name that a setting has."""
        ...

    def shelf(self, provider: str, path: str) -> Shelf:
        """Return who keeps secrets, and where; empty is as the settings say. Problem: `ManagerTrouble`."""
        ...

    def reference(self) -> str:
        """Return the page that explains every setting (Markdown)."""
        ...

    def described(self) -> tuple[Described, ...]:
        """Return every setting there is."""
        ...

    def example(self) -> str:
        """Return a `.env.example` that names every setting."""
        ...


def named_in(text: str) -> set[str]:
    """Return the names that the lines of a `.env` give a value."""
    return {found[1] for line in text.splitlines() if (found := _NAMED.match(line))}


def fresh_secret(chance: Chance) -> str:
    """Return 64 random bytes as 86 characters that need no quoting anywhere."""
    return urlsafe_b64encode(chance.draw(SECRET_BYTES)).rstrip(b"=").decode()
