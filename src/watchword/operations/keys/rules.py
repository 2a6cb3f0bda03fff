"""What rotating keys tells."""

from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.events import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Fact):
    """Another key signs now."""

    type: ClassVar[str] = "key.rotated"
    kid: str
    by: str = "console"
