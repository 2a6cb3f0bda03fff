"""How long a session lasts, and what is known of one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

LASTS: Final = timedelta(minutes=5)
REMEMBERED: Final = timedelta(days=1)  # after it is over: longer than a signed post is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A session: how many inputs it has taken, their digest, and its state; none while one is acted on."""

    consumed: int
    typed_digest: bytes
    state: bytes | None
