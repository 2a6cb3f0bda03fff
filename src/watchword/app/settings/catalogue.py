"""The catalogue: every setting that some section declares, found by the folders of the slices."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib import import_module
from typing import Any

from watchword.app import slices
from watchword.kernel.parts import Alias
from watchword.kernel.secret import Secret

PLUMBING = ("watchword.plumbing.settings", "watchword.plumbing.contact")
_FILE = "_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One setting. `default` is text, or nothing when it is required."""

    section: type[Any]
    field: str
    name: str
    doc: str
    parse: Callable[[str], Any]
    default: str | None
    aliases: tuple[Alias, ...]
    secret: bool
    empty_counts: bool = False
    late: bool = False

    @property
    def required(self) -> bool:
        """Tell whether there is no start without it."""
        return self.default is None

    @property
    def derivable(self) -> bool:
        """Tell whether development may derive it from another secret."""
        return self.required and self.parse is Secret

    @property
    def names(self) -> tuple[str, ...]:
        """Return the canonical name and its aliases."""
        return (self.name, *(alias.name for alias in self.aliases))


@cache
def sections() -> tuple[type[Any], ...]:
    """Return the sections of the plumbing and of every slice."""
    modules = [
        *(import_module(name) for name in PLUMBING),
        *(module for _, module in slices.modules("rules")),
    ]
    found = {
        each: None
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and getattr(each, "__part__", "") == "section"
    }
    return tuple(found)


def entries(kinds: Iterable[type[Any]]) -> Mapping[str, Entry]:
    """Return the settings of the sections by canonical name; TypeError: a name has two meanings."""
    found: dict[str, Entry] = {}
    taken: set[str] = set()
    for kind in kinds:
        for each in _of_section(kind):
            if taken & set(each.names):
                message = f"{each.name} in {kind.__qualname__}: a name must have one meaning"
                raise TypeError(message)
            taken |= set(each.names)
            found[each.name] = each
    return found


def secret_names() -> tuple[str, ...]:
    """Return the names of the secrets that a deployment needs, one for each purpose."""
    found = entries(sections()).values()
    return tuple(sorted(each.name for each in found if each.derivable))


def known_names(found: Mapping[str, Entry]) -> frozenset[str]:
    """Return every name that the environment may give, NAME_FILE among them."""
    names = {name for each in found.values() for name in each.names}
    return frozenset(names | {name + _FILE for name in names})


def _of_section(kind: type[Any]) -> Iterable[Entry]:
    for each in fields(kind):
        if "name" in each.metadata:
            yield Entry(section=kind, field=each.name, **each.metadata)
        elif each.default is MISSING and each.default_factory is MISSING:
            message = f"{kind.__qualname__}.{each.name} is no setting and has no default"
            raise TypeError(message)
