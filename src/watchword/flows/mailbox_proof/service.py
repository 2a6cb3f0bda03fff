"""The proof of a mailbox: what strangers attached goes, the account opens."""

from datetime import datetime

from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Transaction
from watchword.plumbing.ports import Account, Claimed
from watchword.records.consents.service import Consents
from watchword.records.linked_identities.service import LinkedIdentities
from watchword.records.passwords.service import Passwords
from watchword.records.subscribers.rules import PENDING, EmailVerified, keeps_password
from watchword.records.subscribers.service import Subscribers
from watchword.records.suppressions.service import Suppressions
from watchword.records.tickets.rules import Purpose
from watchword.records.tickets.service import Tickets


@service
class MailboxProver:
    """Fills the port `MailboxProof`."""

    subscribers: Subscribers
    passwords: Passwords
    identities: LinkedIdentities
    consents: Consents
    tickets: Tickets
    suppressions: Suppressions
    journal: Journal

    async def prove(
        self, tx: Transaction, owner: Claimed, answers: str, visitor: Visitor, now: datetime
    ) -> Account:
        """Open a pending account whose mailbox answered a letter; any other stays as it is.

        That an earlier letter bounced is forgotten in either case.
        """
        await self.suppressions.forgive(tx, owner.email, now, owner.id)
        if owner.status != PENDING:
            return owner
        registration = answers == Purpose.VERIFY_EMAIL
        if not keeps_password(contested=owner.contested, by_registration=registration):
            await self.passwords.forget(tx, owner.id)
            await self.identities.forget(tx, owner.id, visitor, now)
            await self.consents.disown(tx, owner.id, visitor, now)
        verified = await self.subscribers.verify(tx, owner.id, now)
        await self.tickets.void(tx, owner.id, now)
        await self.journal.record(tx, EmailVerified(user_id=owner.id), now, visitor)
        assert verified is not None  # it was pending, and is held
        return verified
