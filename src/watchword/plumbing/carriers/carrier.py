"""A carrier: whoever takes a letter or a text away, asked once, with a bound; its answer is a value.

turn_of    wait until it takes one more, where it takes only so many at once
give       hand it over: what came of that is a `Try`
look       how it is: its `CarrierHealth`; `look_at` asks several
quota_of   how much it still takes
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from watchword.kernel.ports import NotAccepted, Quota, Undelivered, Unfit
from watchword.plumbing.logs.logger import log

ONE_TRY: Final = timedelta(seconds=17)  # longer than a carrier's own patience, twice eight seconds
CHECK: Final = timedelta(seconds=2)

Sent_contra = TypeVar("Sent_contra", contravariant=True)


class Addressed(Protocol):
    """What goes to somebody."""

    @property
    def to(self) -> str:
        """Where it goes."""


class Send(Protocol[Sent_contra]):
    """What hands one over."""

    def __call__(self, what: Sent_contra, /) -> Awaitable[str | None]:
        """Hand it over; return the carrier's own name for it."""
        ...


class Carrier(Protocol[Sent_contra]):
    """Whoever takes what is sent: a `Mailer` or a `Texter`.

    One that takes only so many at once has a `turn`, too: it waits for that, and yields what sends.
    """

    name: str

    async def send(self, what: Sent_contra, /) -> str | None:
        """Hand it over."""
        ...

    async def check(self) -> str | None:
        """Return nothing when it could send, else a short reason."""
        ...


class TryResult(StrEnum):
    """What came of giving a letter or a text to a carrier; the label `result` of `emails_sent_total`.

    `DEFERRED`: not taken, for a reason of this reader alone, or in doubt; `FAILED`: for one of ours or the
    carrier's. `SUPPRESSED` is no carrier's answer: none was asked.
    """

    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNFIT = "unfit"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One carrier's answer; `reference` is its own name for the letter."""

    carrier: str
    result: TryResult
    seconds: float = 0.0
    reason: str = ""
    reference: str | None = None
    retry_after: timedelta | None = None

    @property
    def words(self) -> str:
        """Say it to a person: `smtp: sent (12 ms)`."""
        answer = " ".join(filter(None, [self.result, self.reason]))
        return f"{self.carrier}: {answer} ({self.seconds * 1000:.0f} ms)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierHealth:
    """How a carrier is: without `trouble` it would take a letter."""

    carrier: str
    trouble: str | None
    seconds: float

    @property
    def available(self) -> bool:
        """Tell whether it would take a letter."""
        return self.trouble is None

    @property
    def words(self) -> str:
        """Say it to people."""
        return "available" if self.available else f"unavailable ({self.trouble})"


@asynccontextmanager
async def turn_of(
    carrier: Carrier[Sent_contra], urgency: int, seconds: float
) -> AsyncIterator[Send[Sent_contra] | None]:
    """Wait until a carrier takes one more; yield what hands it over, nothing when it is not in time."""
    turn = getattr(carrier, "turn", None)
    if turn is None:
        yield carrier.send
        return
    async with AsyncExitStack() as ours:
        try:
            async with asyncio.timeout(seconds):
                send = await ours.enter_async_context(turn(urgency))
        except TimeoutError:
            send = None
        yield send


async def give(name: str, send: Send[Sent_contra], what: Sent_contra) -> Try:
    """Ask one carrier, and say what it answered."""
    try:
        async with asyncio.timeout(ONE_TRY.total_seconds()):
            reference = await send(what)
    except Unfit as trouble:
        return Try(carrier=name, result=TryResult.UNFIT, reason=str(trouble))
    except NotAccepted as trouble:
        return Try(
            carrier=name,
            result=_result_of(trouble),
            reason=str(trouble),
            retry_after=trouble.retry_after,
        )
    except Undelivered as trouble:
        return Try(carrier=name, result=TryResult.UNKNOWN, reason=str(trouble))
    except TimeoutError:
        return Try(carrier=name, result=TryResult.UNKNOWN, reason="no answer in time")
    except Exception as error:  # noqa: BLE001 - one letter must not hold up the others
        log().exception("carrier failed", carrier=name)
        return Try(carrier=name, result=TryResult.UNKNOWN, reason=type(error).__name__)
    return Try(carrier=name, result=TryResult.SENT, reference=reference)


def _result_of(trouble: NotAccepted) -> TryResult:
    if trouble.lasting:
        return TryResult.REFUSED
    return TryResult.DEFERRED if trouble.of_reader else TryResult.FAILED


async def look(carrier: Carrier[Any], patience: timedelta) -> CarrierHealth:
    """Ask one how it is."""
    started = time.monotonic()
    trouble = await _trouble(carrier, patience)
    return CarrierHealth(carrier=carrier.name, trouble=trouble, seconds=time.monotonic() - started)


async def look_at(
    carriers: Sequence[Carrier[Any]], patience: timedelta = CHECK
) -> tuple[CarrierHealth, ...]:
    """Ask several how they are, all at once."""
    return tuple(await asyncio.gather(*(look(each, patience) for each in carriers)))


async def quota_of(carrier: Carrier[Any], patience: timedelta) -> Quota | None:
    """Ask one how much it still takes; nothing where it does not tell."""
    ask = getattr(carrier, "quota", None)
    if ask is None:
        return None
    try:
        async with asyncio.timeout(patience.total_seconds()):
            quota: Quota | None = await ask()
    except Exception:  # noqa: BLE001 - how a carrier is, is told elsewhere
        return None
    return quota


async def _trouble(carrier: Carrier[Any], patience: timedelta) -> str | None:
    try:
        async with asyncio.timeout(patience.total_seconds()):
            return await carrier.check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - whatever the reason, it is not well
        return type(error).__name__
