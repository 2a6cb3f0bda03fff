"""What a reading comes to: the sections, where each value came from, and what is odd about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

Section = TypeVar("Section")


class Kind(StrEnum):
    """Where a value came from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DOTENV = "dotenv"
    SECRETS = "secrets"
    MANAGER = "manager"
    PROFILE = "profile"
    KIND_OF_ENVIRONMENT = "kind of environment"
    DEFAULT = "default"
    DERIVED = "derived"


_GIVEN = {Kind.ENVIRONMENT, Kind.FILE, Kind.DOTENV, Kind.SECRETS, Kind.MANAGER}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from; `label` says it to people: `SMTP_PASS in .env`.

    `since` is when it came to be there, as far as that place tells; `file` holds it, if one does.
    """

    kind: Kind
    label: str
    since: datetime | None = None
    file: str = ""

    @property
    def given(self) -> bool:
        """Tell whether somebody set it here, rather than we."""
        return self.kind in _GIVEN

    def __str__(self) -> str:
        """Return it as people read it."""
        return self.label


class SettingsRefused(Exception):
    """The settings allow no start: (name, sentence) of everything that is wrong."""

    def __init__(self, faults: list[tuple[str, str]], warnings: tuple[str, ...] = ()) -> None:
        """Keep every fault."""
        super().__init__("; ".join(f"{name}: {sentence}" for name, sentence in faults))
        self.faults = faults
        self.warnings = warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The tree. `texts` and `sources` are by canonical name."""

    sections: Mapping[type[Any], object]
    texts: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, Source]
    warnings: tuple[str, ...] = ()

    def section(self, kind: type[Section]) -> Section:
        """Return the section of that type."""
        return cast("Section", self.sections[kind])

    def given(self, name: str) -> bool:
        """Tell whether somebody set it, rather than a default."""
        return name in self.sources and self.sources[name].given
