"""PINs, for the services that ask people for them."""

from datetime import datetime

from watchword.kernel.clock import Clock
from watchword.kernel.ids import SubscriberId
from watchword.kernel.limits import MOMENT
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import NotFound, TooManyRequests
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import Contact
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.provider.pin_check.rules import Whom
from watchword.records.pins.rules import (
    PinInvalid,
    PinLocked,
    PinLockedUp,
    PinRefused,
    PinSet,
)
from watchword.records.pins.service import Pins
from watchword.records.subscribers.rules import Subscriber, refusal
from watchword.records.subscribers.service import Subscribers


@service
class PinCheck:
    """Sets and checks PINs."""

    database: Database
    subscribers: Subscribers
    pins: Pins
    journal: Journal
    clock: Clock

    async def set(
        self, by: str, whom: Whom, pin: Secret, current: Secret | None, visitor: Visitor
    ) -> None:
        """Set a subscriber's PIN. Problems: `not_found`, those of a check, the PIN's, the account's."""
        now = self.clock.now()
        owner = await self._find(whom)
        if owner is None:
            raise NotFound("Nobody has proven that this is theirs.")
        wanted = self.pins.read(pin)
        self.pins.screen(wanted, now, owner.phone)
        proves = current is not None or await self.pins.has_one(self.database, owner.id)
        if proves:
            typed = self.pins.read(current or Secret(""), "currentPin")
            await self._try(by, owner.id, typed, visitor, now)
        if (refused := refusal(owner.status)) is not None:
            raise refused
        stored = await self.pins.hash(owner.id, wanted)
        async with self.database.transaction() as tx:
            await self.subscribers.hold(tx, owner.id)
            if not proves and await self.pins.has_one(tx, owner.id):
                raise PinInvalid(private="another first PIN came before")
            await self.pins.replace(tx, owner.id, stored, now)
            await self.journal.record(tx, PinSet(user_id=owner.id, by=by), now, visitor)

    async def check(self, by: str, whom: Whom, pin: Secret, visitor: Visitor) -> SubscriberId:
        """Return whose PIN was right. Problems: those of a try, the account's."""
        now = self.clock.now()
        typed = self.pins.read(pin)
        owner = await self._find(whom)
        await self._try(by, owner.id if owner else None, typed, visitor, now)
        assert owner is not None
        if (refused := refusal(owner.status)) is not None:
            raise refused
        return owner.id

    async def _find(self, whom: Whom) -> Subscriber | None:
        if isinstance(whom, Contact):
            return await self.subscribers.find_by_contact(self.database, whom)
        return await self.subscribers.find(self.database, whom)

    async def _try(
        self,
        by: str,
        user_id: SubscriberId | None,
        pin: Secret,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Count and compare; a wrong one is noted. Problems: `pin_invalid`, `pin_locked`, `rate_limited`."""
        tried = await self.pins.check(self.database, user_id, pin, now)
        if tried.right:
            return
        if tried.busy:
            raise TooManyRequests(retry_after=MOMENT, private="tries at this PIN are under way")
        if tried.locked:
            await self.journal.note(self.database, PinLockedUp(user_id=user_id), now, visitor)
        problem = PinLocked if tried.refused_for else PinInvalid
        fact = PinRefused(user_id=user_id, by=by, reason=problem.code)
        raise problem(retry_after=tried.refused_for, fact=fact)
