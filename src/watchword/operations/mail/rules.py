"""What the console tells of mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.carriers import Handover, Try

LETTER: Final = "mail/test"
MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A test letter, and what each carrier answered."""

    message_id: str
    sent: bool
    carrier: str | None
    reference: str | None
    tries: tuple[Try, ...]


def judge(message_id: str, handover: Handover) -> Trial:
    """Say what came of a test letter."""
    sent = handover.sent
    return Trial(
        message_id=message_id,
        sent=sent is not None,
        carrier=sent.carrier if sent else None,
        reference=sent.reference if sent else None,
        tries=handover.tries,
    )


def known(carrier: str, names: Sequence[str]) -> str:
    """Return the carrier's name. Problem: `invalid_input`, which names those there are."""
    if carrier not in names:
        told = f"There is no such carrier here; there are: {', '.join(names)}."
        raise InputInvalid(errors=[FieldError("provider", "invalid", told)])
    return carrier
