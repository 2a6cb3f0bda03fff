"""Carriers: whom a letter or a text is given to, one after another, until one takes it.

    taken                            that is all
    certainly not taken              the next one gets it; is it about this reader for now, or in doubt,
                                     it says nothing against who was asked
    refused for itself               nobody else gets it either: its address is no better there
    nobody can tell                  nobody else gets it: it would come twice; later it goes out again,
                                     to the same one, under the same Message-ID

From then on (`perhaps_at`) that one alone is asked, and waited for while it rests, whatever else it
answers; only when it is no longer among the carriers may another have it. Whoever is asked is told
before (`Asking`), so that it is known even of a worker that was killed meanwhile; whoever is told may say no.

Who takes only so many at once is waited for: that is a queue of ours, and nobody's failure; the urgent go
first in it. Who waited for too long goes to the next one, or back to the outbox without having lost a try.

Who fails again and again is left alone for a while (`breaker`). Each try is counted and timed under the
carrier's name. What comes of it is a value, not a problem: whoever sends decides what it means.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Generic, TypeVar

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.messages import CODE
from watchword.kernel.ports import Quota
from watchword.plumbing.carriers.breaker import Breaker
from watchword.plumbing.carriers.carrier import (
    CHECK,
    Addressed,
    Carrier,
    CarrierHealth,
    Send,
    Try,
    TryResult,
    give,
    look_at,
    quota_of,
    turn_of,
)
from watchword.plumbing.carriers.latest import Untold

_NO_OTHER_AFTER: Final = 10.0
_NEXT_TURN: Final = 5.0  # with these ten, less than what a lease lasts for when the first was asked
_FRESH: Final = timedelta(seconds=15)
_NOT_TAKEN: Final = frozenset({TryResult.FAILED, TryResult.DEFERRED, TryResult.UNFIT})


What = TypeVar("What", bound=Addressed)
Asking = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What came of a letter; `unasked` may have it, too, of whom the first rests until `rest_until`."""

    tries: tuple[Try, ...]
    unasked: tuple[str, ...] = ()
    rest_until: datetime | None = None

    @property
    def sent(self) -> Try | None:
        """Return the try that went well."""
        return next((each for each in self.tries if each.result is TryResult.SENT), None)

    @property
    def hopeless(self) -> bool:
        """Tell whether no later try would go better."""
        results = {each.result for each in self.tries}
        return TryResult.REFUSED in results or (results == {TryResult.UNFIT} and not self.unasked)

    @property
    def deferred(self) -> bool:
        """Tell whether somebody who is well did not take it for this reader, for now."""
        return any(each.result is TryResult.DEFERRED for each in self.tries)

    @property
    def perhaps_at(self) -> str | None:
        """Return the carrier that may have it, though it did not say so."""
        unknown = (each.carrier for each in self.tries if each.result is TryResult.UNKNOWN)
        return next(unknown, None)

    @property
    def untried(self) -> bool:
        """Tell whether nobody was asked, or only who cannot carry it, and somebody is left."""
        unfit = all(each.result is TryResult.UNFIT for each in self.tries)
        return not self.tries or (unfit and bool(self.unasked))

    @property
    def reason(self) -> str:
        """Return what the carriers said, each after its name."""
        told = (f"{each.carrier}: {each.reason}" for each in self.tries if each.reason)
        return "; ".join(told) or "no carrier is to be asked just now"

    @property
    def retry_after(self) -> timedelta | None:
        """Return how long the first to be asked again wants to be left alone."""
        waits = [each.retry_after for each in self.tries]
        asked = [wait for wait in waits if wait is not None]
        return min(asked) if len(asked) == len(waits) and asked else None


class Failover(ABC, Generic[What]):
    """Carriers of one kind, in their order; `turn_seconds` is how long a turn is waited for."""

    turn_seconds: ClassVar = 20.0  # a lease lasts for longer

    def __init__(self, carriers: Sequence[Carrier[What]], clock: Clock, chance: Chance) -> None:
        """Give what is to be sent to these."""
        self._carriers = tuple(carriers)
        self._clock = clock
        self._chance = chance
        self._breakers = {each.name: Breaker() for each in carriers}
        self._on_trial: set[str] = set()
        self.untold = Untold()
        self._looking = asyncio.Lock()
        self._seen: tuple[datetime, tuple[CarrierHealth, ...]] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return their names."""
        return tuple(each.name for each in self._carriers)

    @abstractmethod
    def note(self, what: What, tried: Try) -> None:
        """Count and time a try."""

    async def send(
        self,
        what: What,
        only: str | None = None,
        perhaps_at: str | None = None,
        asking: Asking | None = None,
        urgency: int = CODE,
        *,
        tried: bool = False,
    ) -> Handover:
        """Give it to one after another, until it is taken or nobody else may have it.

        `only` names the one to be asked, be it resting or not; `perhaps_at` the one that may have it
        already: while that is among the carriers, nobody else is asked. `asking` is told of each before, and
        when it says no, nobody is asked any more. `urgency` is its place among those who wait for a carrier.
        What was `tried` before lets others go first to a carrier that has just rested.
        """
        tries: list[Try] = []
        began = time.monotonic()
        carriers = self._named(only) if only else self._named(perhaps_at) or self._carriers
        for carrier in carriers:
            if only is None and not self._may_be_asked(carrier.name, tried=tried):
                continue
            passed = time.monotonic() - began
            if tries and passed > _NO_OTHER_AFTER:
                break  # the lease of the letter does not last for more
            patience = _NEXT_TURN if tries else max(self.turn_seconds - passed, 0)
            async with turn_of(carrier, urgency, patience) as send:
                if send is None or (
                    only is None and not self._may_be_asked(carrier.name, tried=tried)
                ):
                    continue
                if asking is not None and not await asking(carrier.name):
                    break
                began = began if tries else time.monotonic()
                tries.append(await self._try(carrier.name, send, what))
            if tries[-1].result not in _NOT_TAKEN:
                break
        asked = {each.carrier for each in tries}
        unasked = tuple(each.name for each in carriers if each.name not in asked)
        pauses = [self._breakers[name].closed_to(tried=tried) for name in unasked]
        rest_until = min((each for each in pauses if each), default=None)
        return Handover(tries=tuple(tries), unasked=unasked, rest_until=rest_until)

    async def check(self, patience: timedelta = CHECK) -> tuple[CarrierHealth, ...]:
        """Ask all of them at once how they are."""
        return await look_at(self._carriers, patience)

    async def standing(self) -> tuple[CarrierHealth, ...]:
        """Return how they are, as seen a moment ago: whoever asks us does not ask them each time."""
        async with self._looking:
            if self._seen is None or self._seen[0] + _FRESH <= self._clock.now():
                self._seen = self._clock.now(), await self.check()
            return self._seen[1]

    async def quotas(self, patience: timedelta = CHECK) -> dict[str, Quota | None]:
        """Ask all of them at once how much they still take; nothing of one that does not tell."""
        told = await asyncio.gather(*(quota_of(each, patience) for each in self._carriers))
        return dict(zip(self.names, told, strict=True))

    async def close(self) -> None:
        """Take leave of them."""
        for each in self._carriers:
            close = getattr(each, "close", None)
            if close is not None:
                await close()

    def all_rest(self) -> bool:
        """Tell whether nobody may be asked just now."""
        return self.first() is None

    def first(self) -> str | None:
        """Return who would be asked first just now."""
        return next((each.name for each in self._carriers if self._may_be_asked(each.name)), None)

    def _named(self, name: str | None) -> Sequence[Carrier[What]]:
        """Return the carrier of that name, if there is one."""
        return [each for each in self._carriers if each.name == name]

    def _may_be_asked(self, name: str, *, tried: bool = False) -> bool:
        """Tell whether the breaker lets somebody through; half open, one at a time."""
        breaker = self._breakers[name]
        return breaker.admits(self._clock.now(), tried=tried) and name not in self._on_trial

    async def _try(self, name: str, send: Send[What], what: What) -> Try:
        half_open = self._breakers[name].open_until is not None
        if half_open:
            self._on_trial.add(name)
        began, started = self._clock.now(), time.monotonic()
        try:
            tried = await give(name, send, what)
        finally:
            self._on_trial.discard(name)
        tried = replace(tried, seconds=time.monotonic() - started)
        self._remember(tried, began)
        self.untold.note(tried, self._clock.now(), what.to)
        self.note(what, tried)
        return tried

    def _remember(self, tried: Try, began: datetime) -> None:
        breaker = self._breakers[tried.carrier]
        if tried.result in {TryResult.FAILED, TryResult.UNKNOWN}:
            now, jitter = self._clock.now(), self._chance.fraction()
            breaker = breaker.failed(began, now, jitter, tried.retry_after)
        elif tried.result is not TryResult.UNFIT:
            breaker = breaker.succeeded()
        self._breakers[tried.carrier] = breaker
