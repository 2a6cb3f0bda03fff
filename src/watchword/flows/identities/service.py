"""The identities of an account: listed, linked, unlinked."""

from datetime import datetime

from watchword.flows.identities.rules import notice
from watchword.kernel.clock import Clock
from watchword.kernel.identity import Identity
from watchword.kernel.ids import IdentityId
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import NotFound, Unauthenticated
from watchword.plumbing.db.ports import Database, Taken, Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.offering import Offering
from watchword.records.deliveries.service import Deliveries
from watchword.records.linked_identities.rules import (
    IdentityLinkedAlready,
    IdentityTaken,
    LastWayIn,
    LinkedIdentity,
    may_unlink,
)
from watchword.records.linked_identities.service import LinkedIdentities
from watchword.records.passwords.service import Passwords
from watchword.records.sessions.rules import CREDENTIAL_CHANGED
from watchword.records.sessions.service import Sessions
from watchword.records.subscribers.rules import Subscriber, refusal
from watchword.records.subscribers.service import Subscribers

_PAGE = "/account/identities"


@service
class IdentityKeeper:
    """Fills the port `IdentityLinking`, lists and unlinks."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    identities: LinkedIdentities
    offering: Offering
    sessions: Sessions
    deliveries: Deliveries
    issuer: Issuer
    clock: Clock

    async def of(self, caller: Caller) -> list[LinkedIdentity]:
        """Return the identities of an account."""
        return await self.identities.of_user(self.database, caller.user_id)

    async def link(self, caller: Caller, identity: Identity, visitor: Visitor) -> None:
        """Have an identity open an account. Problems: `identity_taken`, `identity_linked_already`."""
        now = self.clock.now()
        try:
            async with self.database.transaction() as tx:
                owner = await self._hold(tx, caller)
                linked = await self.identities.find(tx, identity)
                if linked is None:
                    await self._link(tx, owner, identity, visitor, now)
                elif linked.user_id != owner.id:
                    raise IdentityTaken
        except Taken as taken:
            raise IdentityTaken(private="linked in the meantime") from taken

    async def unlink(self, caller: Caller, which: IdentityId, visitor: Visitor) -> None:
        """Have an identity open its account no longer. Problems: `not_found`, `last_way_in`."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            owner = await self._hold(tx, caller)
            linked = await self.identities.of_user(tx, owner.id)
            found = next((each for each in linked if each.id == which), None)
            if found is None:
                raise NotFound
            has_password = await self.passwords.find(tx, owner.id) is not None
            others = sum(each is not found and self._opens(each) for each in linked)
            if not may_unlink(others, has_password=has_password):
                raise LastWayIn
            await self.identities.unlink(tx, found, visitor, now)
            await self.sessions.end_all(
                tx, owner.id, CREDENTIAL_CHANGED, visitor, now, spare=caller.session_id
            )
            await self._tell(tx, "identity_unlinked", owner, found.issuer, visitor, now)

    def _opens(self, linked: LinkedIdentity) -> bool:
        """Tell whether somebody can come by it: its provider is in the settings, and not switched off."""
        return self.offering.still(self.identities.name_of(linked.issuer)) is not None

    async def _link(
        self,
        tx: Transaction,
        owner: Subscriber,
        identity: Identity,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        others = await self.identities.of_user(tx, owner.id)
        if any(each.issuer == identity.issuer for each in others):
            raise IdentityLinkedAlready
        await self.identities.link(tx, owner.id, identity, visitor, now)
        await self._tell(tx, "identity_linked", owner, identity.issuer, visitor, now)

    async def _hold(self, tx: Transaction, caller: Caller) -> Subscriber:
        owner = await self.subscribers.hold(tx, caller.user_id)
        if owner is None or refusal(owner.status) is not None:
            raise Unauthenticated(private="the account closed in the meantime")
        await self.sessions.demand(tx, caller)
        return owner

    async def _tell(
        self,
        tx: Transaction,
        template: str,
        owner: Subscriber,
        issuer: str,
        visitor: Visitor,
        now: datetime,
    ) -> None:
        title, link = self.identities.title_of(issuer), f"{self.issuer.pages}{_PAGE}"
        letter = notice(template, owner, title, visitor, link, now)
        await self.deliveries.queue(tx, letter, now)
