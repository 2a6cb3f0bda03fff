"""Records that we want in the DNS, and what comparing one with the zone found.

ok           as wanted                       absent       not there, and optional
warning      works, but worth a word         unknown      nobody said what is wanted
missing      not there                       unanswered   nobody could tell
wrong        there, but not as wanted
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SLOT: Final = re.compile(r"<[a-z ]+>")
_PIECE: Final = 255
TTL: Final = 3600


class Purpose(StrEnum):
    """What a record is for."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    RETURN_PATH = "return path"
    TRACKING = "tracking"
    REPORTS = "reports"


class Mark(StrEnum):
    """How a record compares."""

    OK = "ok"
    WARNING = "warning"
    ABSENT = "absent"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"


FAILING: Final = {Mark.MISSING, Mark.WRONG, Mark.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record that we want; a `<slot>` stands for what nobody gave yet, and `hint` says how to.

    `ours` is false for what others publish; `alone` when no second value may stand beside it; `exact` when
    a stricter policy than this one is a difference, too.
    """

    name: str
    type: str
    value: str
    purpose: Purpose
    provider: str = ""
    hint: str = ""
    note: str = ""
    optional: bool = False
    ours: bool = True
    alone: bool = False
    exact: bool = False

    @property
    def whole(self) -> bool:
        """Tell whether it can be published as it is."""
        return not _SLOT.search(self.name + self.value)

    @property
    def wanted(self) -> bool:
        """Tell whether it is to be published by us, and can be."""
        return self.whole and self.ours and not self.optional

    @property
    def named(self) -> bool:
        """Tell whether its name is known, so that it can be looked up."""
        return not _SLOT.search(self.name)

    def fits(self, value: str) -> bool:
        """Tell whether a value is the wanted one; anything fits a slot."""
        parts = [re.escape(part) for part in _SLOT.split(self.value.rstrip("."))]
        return re.fullmatch(".+".join(parts), value.rstrip("."), re.IGNORECASE) is not None

    @property
    def line(self) -> str:
        """Return it as a line of a zone file."""
        return f"{self.name}. {TTL} IN {self.type} {self._data()}"

    def _data(self) -> str:
        if self.type == "TXT":
            pieces = range(0, len(self.value), _PIECE)
            return " ".join(f'"{self.value[at : at + _PIECE]}"' for at in pieces)
        return f"{self.value}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comparing a record with the zone found; `fix` says what to do."""

    state: Mark
    type: str
    name: str
    purpose: Purpose
    provider: str
    detail: str
    fix: str
    want: str
    have: tuple[str, ...] = ()


def compared(
    want: Record, state: Mark, detail: str, fix: str = "", have: tuple[str, ...] = ()
) -> Comparison:
    """Return what was found of a record."""
    return Comparison(
        state=state,
        type=want.type,
        name=want.name,
        purpose=want.purpose,
        provider=want.provider,
        detail=detail,
        fix=fix,
        want=want.value,
        have=have,
    )
