"""Subscribers: find them, add them, change them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from watchword.kernel.chance import Chance
from watchword.kernel.ids import SubscriberId, mint
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Conflict, NotFound
from watchword.plumbing.contact import Contact, EmailAddress, number_in
from watchword.plumbing.db.changes import SESSIONS
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.plumbing.words.languages import FALLBACK, Spoken
from watchword.records.subscribers import store
from watchword.records.subscribers.rules import (
    ADMIN,
    NOWHERE,
    PENDING,
    SEEN_EVERY,
    USER,
    Subscriber,
    UserUpdated,
    addresses_of,
    full_name,
)


@service
class Subscribers:
    """The accounts. Every change of one is told to all processes, so that no cache outlives it."""

    journal: Journal
    chance: Chance

    async def add(
        self,
        tx: Executor,
        *,
        email: EmailAddress,
        given_name: str,
        family_name: str,
        now: datetime,
        speaks: Spoken,
        phone: str | None = None,
        status: str = PENDING,
        role: str = USER,
    ) -> Subscriber:
        """Add an account; `Taken` when the address has one."""
        subscriber = Subscriber(
            id=SubscriberId(mint(now, self.chance)),
            email=email.text,
            email_verified_at=None if status == PENDING else now,
            given_name=given_name,
            family_name=family_name,
            name=full_name(given_name, family_name),
            phone=phone,
            phone_verified_at=None,
            status=status,
            role=role,
            language=speaks.language,
            language_by=speaks.by,
            contested=False,
            version=1,
            created_at=now,
            updated_at=now,
        )
        await store.insert(tx, subscriber, email.key)
        return subscriber

    async def find_by_email(self, db: Executor, email: EmailAddress) -> Subscriber | None:
        """Return the account of an address."""
        return await store.find_by_email(db, email.key)

    async def find_by_key(self, db: Executor, key: str) -> Subscriber | None:
        """Return the account that a mailbox's key, or one that ends with a number, stands for."""
        number = number_in(key)
        if number:
            return await store.find_by_phone(db, number)
        return await store.find_by_email(db, key)

    async def find_by_contact(self, db: Executor, contact: Contact) -> Subscriber | None:
        """Return the account of a mailbox; or of a telephone, whoever proved last that it is theirs."""
        if contact.email is not None:
            return await store.find_by_email(db, contact.email.key)
        return await store.find_by_phone(db, contact.phone)

    async def reached(
        self, db: Executor, subscriber: Subscriber, also: Iterable[str]
    ) -> tuple[str, ...]:
        """Return what an account is reached at, and of other addresses those that are nobody else's."""
        found = [*addresses_of(subscriber)]
        for key in also:
            other = await self.find_by_key(db, key)
            if key not in found and (other is None or other.id == subscriber.id):
                found.append(key)
        return tuple(found)

    async def was_admin(self, db: Executor, subscriber: Subscriber) -> bool:
        """Tell whether an account is an administrator's, or was one's."""
        return subscriber.role == ADMIN or await store.had_another_role(db, subscriber.id)

    async def find(self, db: Executor, user_id: SubscriberId) -> Subscriber | None:
        """Return an account."""
        return await store.find(db, user_id)

    async def get(self, db: Executor, user_id: SubscriberId) -> Subscriber:
        """Return an account. Problem: `not_found`."""
        return _there(await store.find(db, user_id))

    async def hold(self, tx: Transaction, user_id: SubscriberId | None) -> Subscriber | None:
        """Return an account that nobody else changes, or signs in to, until the transaction ends.

        Whoever changes credentials calls this first, before any other row is touched: so they wait
        for one another in one order, and a session opened at the same time is seen and ended.
        """
        return None if user_id is None else await store.hold(tx, user_id)

    async def verify(
        self, tx: Transaction, user_id: SubscriberId, now: datetime
    ) -> Subscriber | None:
        """Make the account active, its mailbox proven."""
        tx.announce(SESSIONS, f"user:{user_id}")
        return await store.verify(tx, user_id, now)

    async def contest(self, tx: Executor, user_id: SubscriberId, now: datetime) -> None:
        """Note that more than one stranger registered this address."""
        await store.contest(tx, user_id, now)

    async def change(
        self, tx: Transaction, changed: Subscriber, seen: int, now: datetime
    ) -> Subscriber:
        """Write names, phone and language. Problem: `conflict`."""
        tx.announce(SESSIONS, f"user:{changed.id}")
        written = await store.change(tx, changed, seen, now)
        if written is None:
            raise Conflict
        return written

    async def hear(self, tx: Transaction, user_id: SubscriberId, language: str) -> None:
        """Remember the language that somebody was seen with, unless they chose one."""
        tx.announce(SESSIONS, f"user:{user_id}")
        await store.hear(tx, user_id, language)

    async def turn_at_number(self, tx: Transaction, number: str) -> None:
        """Wait for whoever else proves this number; before any row is touched."""
        await tx.turn(f"number:{number}")

    async def take_number(
        self, tx: Transaction, user_id: SubscriberId, number: str, now: datetime
    ) -> list[Subscriber]:
        """Return the accounts that had proven a number, and no longer have, now that this one has.

        Only with the turn at that number: who proves it at the same time is not seen otherwise.
        """
        others = await store.unprove(tx, number, user_id, now)
        for each in others:
            tx.announce(SESSIONS, f"user:{each.id}")
        return others

    async def distrust_number(
        self,
        tx: Transaction,
        owner: Subscriber,
        visitor: Visitor,
        now: datetime,
        *,
        younger_than: timedelta | None = None,
    ) -> None:
        """Let a number, if only one that was proven lately, prove nothing any more, and note it.

        Whoever had the account for an hour may have proven a number of theirs.
        """
        proven = owner.phone_verified_at
        if proven is None or (younger_than is not None and now >= proven + younger_than):
            return
        tx.announce(SESSIONS, f"user:{owner.id}")
        await store.unprove_own(tx, owner.id, now)
        lost = UserUpdated(user_id=owner.id, fields="phone_verified")
        await self.journal.record(tx, lost, now, visitor)

    async def readdress(
        self, tx: Transaction, user_id: SubscriberId, email: EmailAddress, now: datetime
    ) -> Subscriber:
        """Give the account a proven new address; `Taken` when somebody else has it."""
        tx.announce(SESSIONS, f"user:{user_id}")
        return _there(await store.readdress(tx, user_id, email.text, email.key, now))

    async def claims(self, tx: Executor, email: EmailAddress) -> list[SubscriberId]:
        """Return the account that holds an address without having proven it, and hold its row."""
        return await store.claims(tx, email.key)

    async def release(self, tx: Executor, email: EmailAddress) -> list[SubscriberId]:
        """Remove an account that never proved this mailbox, now that somebody else has."""
        return await store.release(tx, email.key)

    async def set_status(
        self, tx: Transaction, user_id: SubscriberId, status: str, now: datetime
    ) -> Subscriber:
        """Write the status. Problem: `not_found`."""
        tx.announce(SESSIONS, f"user:{user_id}")
        return _there(await store.set_status(tx, user_id, status, now))

    async def set_role(
        self, tx: Transaction, user_id: SubscriberId, role: str, now: datetime
    ) -> Subscriber:
        """Write the role. Problem: `not_found`."""
        tx.announce(SESSIONS, f"user:{user_id}")
        return _there(await store.set_role(tx, user_id, role, now))

    async def seen(self, tx: Executor, user_id: SubscriberId, now: datetime) -> None:
        """Note, with the commit and once a day, that somebody was here."""
        await store.seen(tx, user_id, now, now - SEEN_EVERY)

    async def erase(self, tx: Transaction, user_id: SubscriberId, now: datetime) -> None:
        """Leave nothing of a subscriber but a stub: an id, and when it was made."""
        tx.announce(SESSIONS, f"user:{user_id}")
        await store.erase(tx, user_id, f"{user_id}@{NOWHERE}", FALLBACK, now)

    async def idle(
        self, db: Executor, after: SubscriberId, before: datetime, size: int
    ) -> list[SubscriberId]:
        """Return accounts after an id that nobody has used or changed since a moment."""
        return await store.idle(db, after, before, size)

    async def is_idle(self, db: Executor, user_id: SubscriberId, before: datetime) -> bool:
        """Tell whether nobody has used or changed an account since a moment."""
        return await store.is_idle(db, user_id, before)

    async def any_admin(self, db: Executor) -> bool:
        """Tell whether there is an active administrator."""
        return await store.any_admin(db)

    async def hold_admins(self, tx: Transaction) -> list[SubscriberId]:
        """Return the active administrators, held still until the transaction ends."""
        return await store.hold_admins(tx)

    async def page(
        self,
        db: Executor,
        *,
        after: SubscriberId | None = None,
        size: int = 50,
        part: str | None = None,
        status: str | None = None,
    ) -> list[Subscriber]:
        """Return accounts in order, after a given one."""
        return await store.page(db, after=after, size=size, part=part, status=status)

    async def count(self, db: Executor) -> dict[str, int]:
        """Return how many accounts there are by status."""
        return await store.count(db)


def _there(found: Subscriber | None) -> Subscriber:
    if found is None:
        raise NotFound
    return found
