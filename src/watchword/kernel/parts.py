"""Two decorators that say what a class is for, so that `app` can put the house together.

A `service` is a frozen dataclass of all it needs; `app/wiring.py` fills its fields by their types.
A `section` is a frozen dataclass of settings; `app/settings` reads it from the environment.
Nothing is registered here: the slice's folder is the registration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, dataclass_transform

Part = TypeVar("Part")


class FindSection(Protocol):
    """Finds a section by its type: settings that were read do it by `section`, a house by `part`."""

    def __call__(self, kind: type[Part], /) -> Part:
        """Return the section of that type."""
        ...


@dataclass_transform(frozen_default=True)
def service(cls: type[Part]) -> type[Part]:
    """Make the class a frozen dataclass that the house can build; there is one of each, equal to itself."""
    built = dataclass(frozen=True, eq=False, repr=False)(cls)
    built.__part__ = "service"  # type: ignore[attr-defined]
    return built


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a setting, and how its text becomes the canonical one's.

    `by_profile` holds the profiles in which the same name means another unit.
    """

    name: str
    convert: Callable[[str], str] = str
    by_profile: Mapping[str, Callable[[str], str]] = field(default_factory=dict)

    def canonical(self, text: str, profile: str) -> str:
        """Return the canonical setting's text; ValueError: it makes no sense."""
        return self.by_profile.get(profile, self.convert)(text)


def setting(
    name: str,
    doc: str,
    *,
    parse: Callable[[str], Any] = str,
    default: str | None = None,
    aliases: tuple[str | Alias, ...] = (),
    secret: bool = False,
    empty_counts: bool = False,
    late: bool = False,
) -> Any:
    """Declare one setting: environment name, sentence, parser of its text, default as text.

    Empty says nothing and leaves it to the next place; where `empty_counts`, it is a value like any.
    A `late` one that NAME_FILE names is that file's path: whoever wants it reads it then.
    """
    metadata = {
        "name": name,
        "doc": doc,
        "parse": parse,
        "default": default,
        "aliases": tuple(Alias(a) if isinstance(a, str) else a for a in aliases),
        "secret": secret,
        "empty_counts": empty_counts,
        "late": late,
    }
    if default is None:
        return field(metadata=metadata)
    value = parse(default)
    if value.__class__.__hash__ is None:
        return field(default_factory=lambda: value, metadata=metadata)
    return field(default=value, metadata=metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(setting, field))
def section(cls: type[Part]) -> type[Part]:
    """Make the class a frozen section of the settings tree."""
    built = dataclass(frozen=True, kw_only=True)(cls)
    built.__part__ = "section"  # type: ignore[attr-defined]
    return built
