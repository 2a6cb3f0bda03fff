"""Erasure: ask, undo, erase; and erase anew what a backup brought back."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from watchword.flows.erasure.rules import Receipt, asked_letter, done_letter, receipt_of
from watchword.kernel.clock import Clock
from watchword.kernel.facts import OWNER
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import NotFound
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.personal import Dossier, Whose
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.words.dates import day_in_words
from watchword.records.consents.service import Consents
from watchword.records.deliveries.service import Deliveries
from watchword.records.dispatches.service import Dispatches
from watchword.records.erasures.rules import TOMBSTONE, Erasure, ErasureAsked, tombstone_of
from watchword.records.erasures.service import Erasures
from watchword.records.former_addresses.service import FormerAddresses
from watchword.records.guesses.rules import KINDS
from watchword.records.guesses.service import Guesses
from watchword.records.sessions.rules import ERASED as SESSION_ERASED
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import (
    ACTIVE,
    ERASED,
    ERASING,
    Subscriber,
    UserErased,
    keep_one_admin,
)
from watchword.records.subscribers.service import Subscribers
from watchword.records.texts.service import Texts
from watchword.records.tickets.rules import Purpose, TokenInvalid
from watchword.records.tickets.service import Tickets


@service
class Erasing:
    """The end of an account; fills the port `Eraser`."""

    database: Database
    dossier: Dossier
    subscribers: Subscribers
    sessions: Sessions
    tickets: Tickets
    guesses: Guesses
    consents: Consents
    erasures: Erasures
    former_addresses: FormerAddresses
    dispatches: Dispatches
    deliveries: Deliveries
    texts: Texts
    journal: Journal
    metrics: Metrics
    issuer: Issuer
    clock: Clock

    async def ask(self, caller: Caller, visitor: Visitor) -> Receipt:
        """Close the account, to be erased when its time has come. Problem: `last_admin`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            erasure, owner = await self._close(tx, caller.user_id, OWNER, visitor, now)
            fact = ErasureAsked(user_id=owner.id)
            await self.journal.record(tx, fact, now, visitor)
            if erasure.due_at > now:
                await self._write(tx, owner, erasure, now)
        self.metrics.gdpr_requests.labels("erasure_asked").inc()
        return receipt_of(await self._erase_if_due(erasure, now))

    async def look(self, token: Secret) -> datetime:
        """Return when the account of a link is erased. Problems: `token_invalid|used|expired`."""
        stub = await self.tickets.peek(self.database, Purpose.ERASURE_UNDO, token, self.clock.now())
        erasure = await self.erasures.waiting(self.database, _whose(stub.user_id))
        if erasure is None:
            raise TokenInvalid(private="nothing to undo")
        return erasure.due_at

    async def undo(self, token: Secret, visitor: Visitor) -> str:
        """Keep the account, and return its status: active, unless an administrator closed it meanwhile.

        Problems: `token_invalid|used|expired`.
        """
        now = self.clock.now()
        async with self.database.transaction() as tx:
            peeked = await self.tickets.peek(tx, Purpose.ERASURE_UNDO, token, now)
            owner = await self.subscribers.hold(tx, peeked.user_id)
            await self.tickets.spend(tx, Purpose.ERASURE_UNDO, token, now)
            if owner is None or not await self.erasures.undo(tx, owner.id, visitor, now):
                raise TokenInvalid(private="nothing to undo")
            if owner.status == ERASING:
                owner = await self.subscribers.set_status(tx, owner.id, ACTIVE, now)
        return owner.status

    async def erase_due(self) -> int:
        """Erase all whose time has come; return how many those were."""
        erased = 0
        while due := await self.erasures.due(self.database, self.clock.now()):
            for erasure in due:
                done = await self._erase_if_due(erasure, self.clock.now())
                erased += done.erased_at is not None
        return erased

    async def erase(self, user_id: SubscriberId, by: str) -> UUID:
        """Erase an account now, whatever its grace. Problems: `not_found`, `legal_hold`, `last_admin`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await self.erasures.refuse_held(tx, user_id)
            erasure, owner = await self._close(tx, user_id, by, None, now)
            await self._erase(tx, owner, erasure, by, now)
        self.metrics.gdpr_requests.labels("erased").inc()
        return erasure.id

    async def erase_unused(self, user_id: SubscriberId, before: datetime, by: str) -> bool:
        """Erase it now, unless it is held, or somebody used it since that moment; tell whether it went."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await self.subscribers.hold_admins(tx)
            await self.subscribers.hold(tx, user_id)  # whoever comes now waits, and finds it erased
            if await self.erasures.is_held(tx, user_id):
                return False
            if not await self.subscribers.is_idle(tx, user_id, before):
                return False
            erasure, owner = await self._close(tx, user_id, by, None, now)
            await self._erase(tx, owner, erasure, by, now)
        self.metrics.gdpr_requests.labels("erased").inc()
        return True

    async def repeat(self, receipt: UUID, user_id: SubscriberId, erased_at: datetime) -> bool:
        """Erase anew what an older backup brought back; false when there is nothing to erase."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            owner = await self.subscribers.hold(tx, user_id)
            if owner is None or owner.status == ERASED:
                return False
            await self.erasures.bury(tx, tombstone_of(receipt, user_id, erased_at))
            await self._scrub(tx, owner, TOMBSTONE, now)
        return True

    async def remember(self, receipt: UUID, user_id: SubscriberId, erased_at: datetime) -> None:
        """Keep that somebody was erased who is not here: an older backup may bring them back one day."""
        async with self.database.transaction() as tx:
            await self.erasures.bury(tx, tombstone_of(receipt, user_id, erased_at))

    async def _close(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        by: str,
        visitor: Visitor | None,
        now: datetime,
    ) -> tuple[Erasure, Subscriber]:
        """Let nobody in any more, and nothing that was issued hold."""
        admins = await self.subscribers.hold_admins(tx)
        owner = await self.subscribers.hold(tx, user_id)
        if owner is None or owner.status == ERASED:
            raise NotFound
        keep_one_admin(admins, owner, ERASING, owner.role)
        erasure, _ = await self.erasures.ask(tx, user_id, by, now)
        await self.subscribers.set_status(tx, user_id, ERASING, now)
        await self.sessions.end_all(tx, user_id, SESSION_ERASED, visitor, now, by=by)
        await self.tickets.void(tx, user_id, now, spare=Purpose.EMAIL_CHANGE_UNDO)
        return erasure, owner

    async def _write(
        self, tx: Transaction, owner: Subscriber, erasure: Erasure, now: datetime
    ) -> None:
        """Send the link that undoes it, for as long as it can be undone."""
        ticket = await self.tickets.issue(
            tx,
            purpose=Purpose.ERASURE_UNDO,
            address=mailbox_key(owner.email),
            user_id=owner.id,
            lifetime=erasure.due_at - now,
            now=now,
        )
        link = self.issuer.link("/erasure/undo", ticket.token)
        day = day_in_words(erasure.due_at, owner.language)
        letter = asked_letter(owner, erasure, day, link)
        await self.deliveries.queue(tx, letter, now, owner.id)

    async def _erase_if_due(self, erasure: Erasure, now: datetime) -> Erasure:
        """Erase the account if its time has come and no hold came in between."""
        if erasure.due_at > now:
            return erasure
        async with self.database.transaction() as tx:
            owner = await self.subscribers.hold(tx, erasure.user_id)
            waiting = await self.erasures.waiting(tx, erasure.user_id)
            held = await self.erasures.is_held(tx, erasure.user_id)
            if waiting is None or held:
                return erasure
            if owner is None:  # a pending account that gave its mailbox up
                await self.erasures.finish(tx, erasure, now)
            else:
                await self._erase(tx, owner, erasure, erasure.by, now)
        self.metrics.gdpr_requests.labels("erased").inc()
        return replace(erasure, erased_at=now)

    async def _erase(
        self, tx: Transaction, owner: Subscriber, erasure: Erasure, by: str, now: datetime
    ) -> None:
        await self.erasures.finish(tx, erasure, now)
        await self._scrub(tx, owner, by, now)
        await self.deliveries.queue(tx, done_letter(owner, erasure), now)

    async def _scrub(self, tx: Transaction, owner: Subscriber, by: str, now: datetime) -> None:
        """Leave a stub; every table does as it says, and what is on its way is wiped."""
        whose = await self._known(tx, owner)
        await self.subscribers.erase(tx, owner.id, now)
        await self.consents.end(tx, owner.id, now)
        await self.dossier.erase(tx, whose)
        await self.deliveries.forget(tx, whose.addresses, now)
        await self.texts.forget(tx, whose.addresses, now)
        for address in whose.addresses:
            for kind in KINDS:
                await self.guesses.forget(tx, self.guesses.key(kind, address))
        await self.journal.record(tx, UserErased(user_id=owner.id, by=by), now)

    async def _known(self, tx: Transaction, owner: Subscriber) -> Whose:
        """Return how the tables know somebody: also by addresses they had, and a number they never proved."""
        earlier = await self.former_addresses.of(tx, owner.id)
        unproven = [owner.phone] if owner.phone else []
        addresses = await self.subscribers.reached(tx, owner, [*earlier, *unproven])
        reached = sorted({owner.email.casefold(), *addresses})
        acted = await self.subscribers.was_admin(tx, owner)
        return Whose(
            user_id=owner.id,
            addresses=addresses,
            digests=tuple(one for each in reached for one in self.dispatches.digests(each)),
            acts_as=(str(owner.id),) if acted else (),
        )


def _whose(user_id: SubscriberId | None) -> SubscriberId:
    if user_id is None:
        raise TokenInvalid(private="ticket of nobody")
    return user_id
