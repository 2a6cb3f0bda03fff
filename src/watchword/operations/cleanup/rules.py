"""How long what is over stays."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from watchword.kernel.cron import Cron, cron
from watchword.kernel.parts import section, setting

LEASE: Final = "cleanup"
LEASE_LASTS: Final = timedelta(minutes=5)
TICKETS_STAY: Final = timedelta(hours=1)
GUESSES_STAY: Final = timedelta(days=1)
OUTBOX_STAYS: Final = timedelta(days=7)


@section
class CleanupSettings:
    """Cleanup."""

    times: Cron = setting(
        "CLEANUP_CRON",
        "When what is over is deleted: minute, hour, day, month and day of the week, in UTC.",
        parse=cron,
        default="0 */6 * * *",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many rows were deleted."""

    tickets: int = 0
    sessions: int = 0
    refresh_tokens: int = 0
    guesses: int = 0
    outbox: int = 0
    idempotency_keys: int = 0
    dispatches: int = 0
    receipts: int = 0
    resets: int = 0
    ussd_sessions: int = 0
    events: int = 0
    signals: int = 0
    exports: int = 0
