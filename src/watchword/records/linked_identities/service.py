"""Linked identities: link, find, use, unlink."""

from datetime import datetime

from watchword.kernel.chance import Chance
from watchword.kernel.identity import Identity, IdentityProviders
from watchword.kernel.ids import IdentityId, SubscriberId, mint
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Executor, Transaction
from watchword.records.linked_identities import store
from watchword.records.linked_identities.rules import (
    IdentityLinked,
    IdentityUnlinked,
    LinkedIdentity,
    label_of,
)


@service
class LinkedIdentities:
    """The identities that open accounts."""

    providers: IdentityProviders
    journal: Journal
    chance: Chance

    async def link(
        self,
        tx: Transaction,
        user_id: SubscriberId,
        identity: Identity,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        """Have an identity open an account; `Taken` when it opens one, or this one has one there."""
        linked = LinkedIdentity(
            id=IdentityId(mint(now, self.chance)),
            user_id=user_id,
            issuer=identity.issuer,
            label=label_of(identity),
            linked_at=now,
            used_at=now,
        )
        await store.insert(tx, linked, identity.subject)
        fact = IdentityLinked(user_id=user_id, provider=self.name_of(identity.issuer))
        await self.journal.record(tx, fact, now, visitor)

    async def find(self, db: Executor, identity: Identity) -> LinkedIdentity | None:
        """Return what an identity opens."""
        return await store.find(db, identity.issuer, identity.subject)

    async def of_user(self, db: Executor, user_id: SubscriberId) -> list[LinkedIdentity]:
        """Return the identities of an account, the oldest first."""
        return await store.of_user(db, user_id)

    async def use(self, tx: Executor, linked: LinkedIdentity, now: datetime) -> bool:
        """Note a use; false when it was unlinked in the meantime."""
        return await store.use(tx, linked.id, now)

    async def unlink(
        self, tx: Transaction, linked: LinkedIdentity, visitor: Visitor, now: datetime
    ) -> None:
        """Have an identity open its account no longer."""
        await store.remove(tx, linked.user_id, linked.id)
        await self._note(tx, linked, visitor, now)

    async def forget(
        self, tx: Transaction, user_id: SubscriberId, visitor: Visitor, now: datetime
    ) -> None:
        """Have no identity open an account: nobody knows whose they are."""
        for linked in await store.remove_all(tx, user_id):
            await self._note(tx, linked, visitor, now)

    def name_of(self, issuer: str) -> str:
        """Return the name of a provider; of one that is offered no longer, its issuer."""
        provider = self.providers.of(issuer)
        return provider.name if provider else issuer

    def title_of(self, issuer: str) -> str:
        """Return what people call a provider."""
        provider = self.providers.of(issuer)
        return provider.title if provider else issuer

    async def _note(
        self, tx: Transaction, linked: LinkedIdentity, visitor: Visitor, now: datetime
    ) -> None:
        fact = IdentityUnlinked(user_id=linked.user_id, provider=self.name_of(linked.issuer))
        await self.journal.record(tx, fact, now, visitor)
