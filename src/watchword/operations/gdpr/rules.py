"""How long data stay, what kinds of them there are, and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from watchword.kernel.facts import Fact
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.times import months_before
from watchword.plumbing.settings import RetentionSettings

LEASE: Final = "retention"
NEVER: Final = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is older than these is kept no longer; accounts without a bound stay."""

    accounts: datetime | None
    navigation: datetime
    consents: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """How much of each class was kept long enough."""

    accounts: int = 0
    navigation: int = 0
    consents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRan(Fact):
    """What was kept long enough is gone; origins of facts from before `navigation_before` too."""

    type: ClassVar[str] = "retention.run"
    accounts: int
    navigation: int
    consents: int
    navigation_before: str
    navigation_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One class of data: what it is for, what allows it (GDPR), how long it stays, and where it is."""

    name: str
    purpose: str
    basis: str
    retention: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the report."""

    data: str
    purpose: str
    basis: str
    retention: str
    rows: int
    last_run: str


CONTRACT: Final = "contract (art. 6.1.b)"
INTEREST: Final = "legitimate interest (art. 6.1.f)"
DUTY: Final = "legal obligation (art. 6.1.c)"


def kinds(settings: RetentionSettings, feedback_days: int, export_hours: int) -> tuple[Kind, ...]:
    """Return every class of data."""
    years = f"{settings.accounts} years unused" if settings.accounts else "until erased"
    return (
        Kind(
            name="accounts",
            purpose="to know who somebody is, and to let them in",
            basis=CONTRACT,
            retention=years,
            tables=("users", "passwords", "pins"),
        ),
        Kind(
            name="linked sign-ins",
            purpose="to let people in with a provider that they chose",
            basis=CONTRACT,
            retention="until unlinked or erased",
            tables=("linked_identities",),
        ),
        Kind(
            name="former addresses",
            purpose="to find what is still written under them, for an export or an erasure",
            basis=DUTY,
            retention="until erased",
            tables=("former_addresses",),
        ),
        Kind(
            name="sessions",
            purpose="to stay signed in; to prove a mailbox or a telephone",
            basis=CONTRACT,
            retention="until they end or expire",
            tables=("sessions", "refresh_tokens", "tickets", "molam_reset_requests"),
        ),
        Kind(
            name="navigation",
            purpose="to find misuse, and to show people where they are signed in",
            basis=INTEREST,
            retention=f"{settings.navigation} months",
            tables=("journal",),
        ),
        Kind(
            name="activity",
            purpose="to account for what was done, by a pseudonym",
            basis=DUTY,
            retention="as the audit trail",
            tables=("journal",),
        ),
        Kind(
            name="consents",
            purpose="to show that somebody consented",
            basis=DUTY,
            retention=f"{settings.consents} years after withdrawal",
            tables=("consents",),
        ),
        Kind(
            name="messages",
            purpose="to deliver letters and texts, and none where they are not wanted",
            basis=INTEREST,
            retention=f"{feedback_days} days; suppressions until lifted",
            tables=("dispatches", "suppressions", "outbox"),
        ),
        Kind(
            name="exports",
            purpose="to give people their data",
            basis=DUTY,
            retention=f"{export_hours} hours, sealed",
            tables=("exports",),
        ),
        Kind(
            name="erasures",
            purpose="to show that people were erased, and to erase them from restored backups",
            basis=DUTY,
            retention=NEVER,
            tables=("erasures", "legal_holds"),
        ),
    )


def bounds(settings: RetentionSettings, now: datetime) -> Bounds:
    """Return what is too old at a moment."""
    years = settings.accounts
    return Bounds(
        accounts=months_before(now, 12 * years) if years else None,
        navigation=months_before(now, settings.navigation),
        consents=months_before(now, 12 * settings.consents),
    )


def moment_of(text: str, now: datetime) -> datetime:
    """Read a day or a moment; without a zone it is UTC. Problem: `invalid_input`."""
    if not text:
        return now
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        message = "Write a day or a moment: 2046-01-31, 2046-01-31T12:00:00Z."
        raise InputInvalid(errors=[FieldError("now", "invalid", message)]) from None
    return read if read.tzinfo else read.replace(tzinfo=now.tzinfo)


def told(erasure: Any) -> dict[str, str]:
    """Tell a tombstone: ids and a moment, nothing of a person."""
    return {
        "receipt": str(erasure.id),
        "user_id": str(erasure.user_id),
        "erased_at": erasure.erased_at.isoformat(),
    }
