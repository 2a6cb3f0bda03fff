"""What a signal says, to whom it is told and how, and what the journal learns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from watchword.kernel.addresses import Network, networks
from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import boolean, choice, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import full_web_address, webhook_keys

KIND: Final = "signal"  # of work in the outbox
PATIENCE: Final = timedelta(seconds=2)
STAYS: Final = timedelta(days=7)
CONTENT_TYPE: Final = "application/json"
HASHED, PLAIN = "hashed", "plain"
POSTED, DELAYED = "posted", "delayed"


class SignalType(StrEnum):
    """What a risk engine may be told."""

    OTP_ANOMALY = "otp_anomaly"
    BRUTE_FORCE = "brute_force_attempt"
    RESET_PATTERN = "suspicious_reset_pattern"


class SignalReason(StrEnum):
    """Why a signal was raised."""

    FAILURE_RATE = "failure_rate"
    FAILURES_FROM_ONE_ADDRESS = "failures_from_one_address"
    ACCOUNTS_FROM_ONE_ADDRESS = "many_accounts_from_one_address"
    ONE_ACCOUNT = "one_account_many_times"
    NEW_COUNTRY = "new_country"


TYPES: Final = {
    SignalReason.FAILURE_RATE: SignalType.OTP_ANOMALY,
    SignalReason.FAILURES_FROM_ONE_ADDRESS: SignalType.BRUTE_FORCE,
    SignalReason.ACCOUNTS_FROM_ONE_ADDRESS: SignalType.RESET_PATTERN,
    SignalReason.ONE_ACCOUNT: SignalType.RESET_PATTERN,
    SignalReason.NEW_COUNTRY: SignalType.RESET_PATTERN,
}


@section
class SignalSettings:
    """Risk signals: to whom they are told."""

    enabled: bool = setting(
        "SIRA_ENABLED",
        "Whether what looks like an attack is told to a risk engine.",
        parse=boolean,
        default="false",
    )
    url: str = setting(
        "SIRA_WEBHOOK_URL",
        "Where signals are posted: https://sira.example.org/signals.",
        parse=full_web_address,
        default="",
    )
    keys: tuple[Secret, ...] = setting(
        "SIRA_WEBHOOK_SECRET",
        "The key that they are signed with: whsec_ and the base64 of 24 to 64 bytes; while a key is"
        " exchanged for another, both, with | between them.",
        parse=webhook_keys,
        default="",
        secret=True,
    )
    networks: tuple[Network, ...] = setting(
        "SIRA_WEBHOOK_NETWORKS",
        "Private addresses and networks that the receiver may be at all the same: 10.1.2.0/24.",
        parse=networks,
        default="",
    )
    address: str = setting(
        "SIRA_ADDRESS",
        "How a signal tells a network: hashed (the same network, the same digest) or plain.",
        parse=choice(HASHED, PLAIN),
        default=HASHED,
    )
    most_tries: int = setting(
        "SIRA_MAX_TRIES",
        "How often a signal is posted before it is dead; 20 take about ten hours.",
        parse=whole(1, 100),
        default="20",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Codes tried by one channel and country, and how many of them failed."""

    channel: str
    country: str
    tried: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What was seen at a moment, in the window that ends there.

    `count` passed (or reached) `threshold`; `tried` is of how many. `network` is whence, `user_id` whose.
    """

    reason: SignalReason
    at: datetime
    window: timedelta
    count: int
    threshold: float
    tried: int | None = None
    network: str = ""
    user_id: UUID | None = None
    country: str = ""
    countries_before: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()

    @property
    def type(self) -> SignalType:
        """Return by which name it is told."""
        return TYPES[self.reason]

    @property
    def subject(self) -> str:
        """Return what it is about: of one subject the same is not told twice in a while."""
        return f"{self.reason} {self.network} {self.user_id or ''} {self.country}"


class Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a receiver is told of a signal; what does not apply is left out."""

    reason: str
    count: int
    threshold: float
    window_seconds: int
    tried: int | None = None
    rate: float | None = None
    ip: str | None = None
    ip_form: str | None = None
    user_id: UUID | None = None
    country: str | None = None
    countries_before: tuple[str, ...] = ()
    by: tuple[Share, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A signal as it is posted."""

    id: UUID
    type: str
    timestamp: str
    source: str
    data: Data


def data_of(signal: Signal, ip: str, form: str) -> Data:
    """Return what is told of a signal; `ip` stands for its network, in this form."""
    return Data(
        reason=signal.reason.value,
        count=signal.count,
        threshold=signal.threshold,
        window_seconds=int(signal.window.total_seconds()),
        tried=signal.tried,
        rate=round(signal.count / signal.tried, 4) if signal.tried else None,
        ip=ip or None,
        ip_form=form if ip else None,
        user_id=signal.user_id,
        country=signal.country or None,
        countries_before=signal.countries_before,
        by=signal.shares,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRaised(Fact):
    """Something looked like an attack; whoever is to hear of it will."""

    type: ClassVar[str] = "risk.signal_raised"
    signal: str
    kind: str
    reason: str
    count: int

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDead(Fact):
    """A signal became a dead letter; `reason` is why the last post failed."""

    type: ClassVar[str] = "risk.signal_dead_lettered"
    signal: str
    kind: str
    reason: str
