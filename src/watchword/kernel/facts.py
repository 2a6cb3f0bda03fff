"""Facts: what happened, in the past tense, typed. The journal keeps them; everybody else reads.

A fact holds ids and plain words, never a secret, an address or a name. `type` is the stable name of
the ledger (`id.session.created`); one class tells it, which stands with the noun that it is about.
`user_id` is whom it is about; `by` is who did it, where that may be somebody else. Each fact is an
`AUDIT` line of the log; a fact may say more there: `lines` are what operators look for by these words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a fact says in the log beside its audit line; an `alarm` warns, its severity is HIGH."""

    message: str
    category: str = "auth"
    alarm: bool = False


AUTH_FAILURE = Line(message="AUTH_FAILURE", category="security")
SECURITY_EVENT = Line(message="SECURITY_EVENT", category="security", alarm=True)


OWNER: Final = "owner"


def by_another(facts: Mapping[str, Any], user_id: UUID) -> bool:
    """Tell whether another person did this to somebody: `by` is an id, and not theirs, but no word."""
    try:
        return UUID(str(facts.get("by"))) != user_id
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened."""

    type: ClassVar[str]

    user_id: UUID | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return what it says in the log beside its audit line."""
        return ()
