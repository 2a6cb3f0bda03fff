"""What an export is, and how long one waits to be taken."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from watchword.kernel.ids import SubscriberId
from watchword.kernel.parsing import HOUR, whole_of
from watchword.kernel.parts import section, setting

NEWS: Final = "exports"
LEASE: Final = timedelta(minutes=2)
MOST_TRIES: Final = 5
STAYS: Final = timedelta(days=30)


class State(StrEnum):
    """Where an export stands."""

    WAITING = "waiting"
    PREPARING = "preparing"
    READY = "ready"
    TAKEN = "taken"
    EXPIRED = "expired"
    FAILED = "failed"


@section
class ExportSettings:
    """Exports."""

    lifetime: timedelta = setting(
        "EXPORT_TTL_HOURS",
        "Hours that a prepared export waits to be taken.",
        parse=whole_of(HOUR, 1, 720),
        default="48",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export: `done` of `total` records are written."""

    id: UUID
    user_id: SubscriberId
    asked_at: datetime
    leased_until: datetime | None
    attempts: int
    done: int
    total: int
    ready_at: datetime | None
    expires_at: datetime | None
    taken_at: datetime | None
    failed_at: datetime | None

    def state(self, now: datetime) -> State:
        """Return where it stands."""
        if self.failed_at is not None:
            return State.FAILED
        if self.taken_at is not None:
            return State.TAKEN
        if self.expires_at is not None:
            return State.EXPIRED if self.expires_at <= now else State.READY
        return State.PREPARING if self.attempts else State.WAITING

    @property
    def open(self) -> bool:
        """Tell whether it is still to be prepared."""
        return self.ready_at is None and self.failed_at is None
