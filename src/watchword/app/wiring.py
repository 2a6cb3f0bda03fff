"""Wiring: services are built by the types of their fields, from the parts that `building` puts in.

A service says in its fields what it needs; this module finds or builds each part by its type. What
cannot be built is an error that names the field, at start and not at midnight.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_type_hints

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # PEP 747: an abstract type, too

Part = TypeVar("Part")


class House:
    """Every part of the service, one of each type."""

    def __init__(self, parts: Mapping[type[Any], object]) -> None:
        """Start with what is given: clock, chance, database, settings sections, adapters."""
        self._parts: dict[Any, object] = dict(parts)
        self._under_way: list[type[Any]] = []

    def part(self, kind: "TypeForm[Part]") -> Part:
        """Return the part of that type, building it if it is a service not yet built."""
        found = self._parts.get(kind)
        if found is None:
            found = self._parts[kind] = self._build(kind)
        return cast("Part", found)

    def put(self, kind: "TypeForm[Part]", part: Part) -> None:
        """Say which part fills a port."""
        self._parts[kind] = part

    def _build(self, kind: Any) -> object:
        if getattr(kind, "__part__", "") != "service":
            raise MissingPart(kind, self._under_way)
        if kind in self._under_way:
            message = f"{kind.__name__} needs itself: {self._under_way}"
            raise TypeError(message)
        self._under_way.append(kind)
        try:
            hints = get_type_hints(kind)
            fields = kind.__dataclass_fields__
            return kind(**{name: self.part(hints[name]) for name in fields})
        finally:
            self._under_way.pop()


class MissingPart(TypeError):
    """A service needs a part that nobody put into the house."""

    def __init__(self, kind: type[Any], path: list[type[Any]]) -> None:
        """Say which, and who needs it."""
        needed_by = " > ".join(each.__name__ for each in path) or "the caller"
        super().__init__(
            f"nothing fills {kind.__module__}.{kind.__qualname__}, needed by {needed_by}"
        )
