"""What a text is, who carries it, and what is told of one that was given up."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from watchword.kernel.events import Fact
from watchword.kernel.messages import CODE
from watchword.kernel.parsing import listed, whole
from watchword.kernel.parts import section, setting

KIND: Final = "text"

CARRIERS: Final = ("twilio", "console")


def text_services(text: str) -> tuple[str, ...]:
    """Read an ordered list of carriers, each once."""
    found = listed(text)
    if not set(found) <= set(CARRIERS) or len(set(found)) < len(found):
        message = "write carriers in the order they are tried: " + ", ".join(CARRIERS)
        raise ValueError(message)
    return found


@section
class TextSettings:
    """Texts to telephones."""

    services: tuple[str, ...] = setting(
        "SMS_SERVICE",
        "Who carries texts, in the order they are tried: twilio, console; empty is twilio when we have an"
        " account there, else the console.",
        parse=text_services,
        default="",
    )
    most_tries: int = setting(
        "SMS_MAX_TRIES",
        "How often a text is tried before it is given up.",
        parse=whole(1, 20),
        default="5",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text to write: `words` is the slug of what it says, `facts` what that tells; `to` is E.164."""

    words: str
    to: str
    language: str
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    priority: int = CODE
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBuried(Fact):
    """A text was given up; `reason` is the carrier's, without a number."""

    type: ClassVar[str] = "id.sms.dead_lettered"

    text: str
    template: str
    reason: str
