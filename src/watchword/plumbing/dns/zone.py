"""Zone: a look-up in the DNS, as a function from a name and a type to an answer.

found     there are values: TXT joined, CNAME `host`, MX `10 host`, all without dots at their ends
no_data   the name is there, but nothing of this type
no_name   there is no such name
broken    nobody who should know it can tell (SERVFAIL, a delegation that leads nowhere, silence)
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a look-up ends."""

    FOUND = "found"
    NO_DATA = "no_data"
    NO_NAME = "no_name"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a look-up came to; `detail` says why it is broken."""

    state: State
    values: tuple[str, ...] = ()
    detail: str = ""

    @property
    def broken(self) -> bool:
        """Tell whether nobody could tell."""
        return self.state is State.BROKEN

    @property
    def void(self) -> bool:
        """Tell whether there is nothing, for certain."""
        return self.state in {State.NO_DATA, State.NO_NAME}


Zone = Callable[[str, str], Answer]


def found(*values: str) -> Answer:
    """Return an answer that holds these values."""
    return Answer(state=State.FOUND, values=values)


NO_DATA = Answer(state=State.NO_DATA)
NO_NAME = Answer(state=State.NO_NAME)
