"""Managed: what a manager of secrets keeps for us, as one more place where a setting may be told.

It is asked once by each process, however often the settings are read. A secret whose name is no setting is
left alone; one that is nearly a setting is told with the nearest name, and two for one setting refuse.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from watchword.app.managing import manager_of
from watchword.app.settings import catalogue, near
from watchword.app.settings.layers import MOST_BYTES, Told, Unreadable
from watchword.app.settings.lookup import Lookup
from watchword.app.settings.values import Kind, Source
from watchword.kernel.managers import VALUE, Kept, meant, names_of
from watchword.plumbing.settings import AwsSettings, ManagerSettings, RoleSettings

Section = TypeVar("Section")

_memory: dict[tuple[str, ...], Sequence[Kept]] = {}


@dataclass(frozen=True, slots=True)
class Managed:
    """One place: `kept` are the secrets by the setting's name or another name of it."""

    kept: Mapping[str, Sequence[Kept]] = field(repr=False)
    title: str
    path: str

    def get(self, name: str) -> Told | None:
        """Return what is kept. Problem: `Unreadable`, where it is kept twice or is too long."""
        found = self.kept.get(name, ())
        if not found:
            return None
        spots = " and ".join(_spot(self.path, each) for each in found)
        if len(found) > 1:
            raise Unreadable(f"{spots} of {self.title} are both meant for it: keep one")
        text = found[0].value.reveal()
        if len(text) > MOST_BYTES:
            raise Unreadable(f"{spots} of {self.title} is too long for a setting")
        label = f"{spots} of {self.title}"
        source = Source(Kind.MANAGER, label, since=found[0].since, file=found[0].file)
        return Told(text, source)


def asked(
    lookup: Lookup, known: Collection[str], cwd: Path, *, strict: bool
) -> tuple[Managed | None, list[str]]:
    """Ask whoever keeps secrets, as the settings so far say; return the place, if any, and warnings.

    Problem: `ManagerTrouble`.
    """
    settings, aws = _section(ManagerSettings, lookup), _section(AwsSettings, lookup)
    role = _section(RoleSettings, lookup)
    if settings is None or aws is None or role is None or not settings.provider:
        return None, []
    manager = manager_of(settings.provider, settings, aws, role, cwd, strict=strict)
    question = (settings.provider, settings.path, manager.title, str(cwd))
    kept = _memory.get(question)
    if kept is None:
        kept = _memory[question] = manager.read(settings.path)
    return sorted_out(kept, known, manager.title, settings.path)


def sorted_out(
    kept: Sequence[Kept], known: Collection[str], title: str, path: str
) -> tuple[Managed, list[str]]:
    """Find out which setting each secret is meant for; a sentence for each that is nearly one."""
    plain = {name for name in known if not name.endswith("_FILE")}
    by_name, left = meant(kept, plain)
    strange = {name: "" for each in left for name in names_of(each)}
    return Managed(by_name, title, path), near.strange(strange, plain, title)


def _section(kind: type[Section], lookup: Lookup) -> Section | None:
    """Return a section by the places so far; nothing where one of its settings is wrong."""
    built: dict[str, Any] = {}
    for entry in catalogue.entries([kind]).values():
        value = lookup.find(entry)
        if value is None:
            return None
        built[entry.field] = value.value
    return kind(**built)


def _spot(path: str, kept: Kept) -> str:
    """Return where a secret is kept, as its manager spells it."""
    spot = f"{path}{kept.path}" if path.endswith("/") else path
    return spot if kept.field == VALUE else f"{spot} ({kept.field})"
