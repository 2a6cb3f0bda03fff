"""A choice of carriers: those that were named, else those that have all they want, else whoever is here.

`carrying` makes it for letters, `texting` for texts.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar


class CarrierChoice(ABC):
    """Who carries one kind of message; `order` is the usual one of those that carry it away."""

    order: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def services(self) -> tuple[str, ...]:
        """Return the carriers that were named."""

    @property
    @abstractmethod
    def here(self) -> str:
        """Return who takes it on this machine where nobody carries it away."""

    @abstractmethod
    def _given(self, name: str) -> Mapping[str, object]:
        """Return what a carrier cannot do without, each setting with what it was given."""

    @property
    def configured(self) -> tuple[str, ...]:
        """Return the carriers that have all they want, in the usual order."""
        return tuple(name for name in self.order if not self.missing(name))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the carriers that messages are given to, in their order."""
        return self.services or self.configured or (self.here,)

    def missing(self, name: str) -> tuple[str, ...]:
        """Return the settings that a carrier still wants."""
        return tuple(setting for setting, value in self._given(name).items() if not value)

    def begun(self, name: str) -> bool:
        """Tell whether a carrier was given a part of what it wants."""
        return any(self._given(name).values())
