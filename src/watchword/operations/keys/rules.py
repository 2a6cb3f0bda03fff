"""What rotating keys tells, and when there is nothing to rotate."""

from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.facts import Fact
from watchword.kernel.problems import Kind, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Fact):
    """Another key signs now."""

    type: ClassVar[str] = "key.rotated"
    kid: str
    by: str = "console"


class KeysElsewhere(Problem):
    """The key comes from the settings: give other files in JWT_PRIVATE_KEY_PATH, then restart."""

    code = "keys_elsewhere"
    kind = Kind.CONFLICT
