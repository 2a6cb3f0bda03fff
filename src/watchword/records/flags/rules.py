"""What is said of a switch."""

from dataclasses import dataclass
from typing import ClassVar, Final

from watchword.kernel.facts import Fact

NEWS: Final = "flags"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagChanged(Fact):
    """A flag was switched: `value` is `on`, `off`, a share, or `default`."""

    type: ClassVar[str] = "flag.changed"
    flag: str
    tenant: str
    value: str
    was: str
    by: str
