"""Social login: begin, arrive, and what comes of it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import msgspec

from watchword.flows.social_login.rules import (
    DECLINED,
    MOST_KEPT,
    Attempt,
    Newcomer,
    OauthAccountExists,
    OauthDeclined,
    OauthRefused,
    OauthStateInvalid,
    OauthUnavailable,
    Returned,
    consent_missing,
    crowded_out,
    failed,
    mark_of,
    names_of,
    opened_letter,
    speaks_of,
    verified_address,
)
from watchword.kernel.assurance import FEDERATED
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.identity import Identity, IdentityProvider, NotVouched
from watchword.kernel.parts import service
from watchword.kernel.ports import Caller, OutOfReach, Visitor
from watchword.kernel.problems import NotFound, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Taken, Transaction
from watchword.plumbing.flags import Flags, NotOffered
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.offering import Offering
from watchword.plumbing.ports import Account, Admission, Entrance, IdentityLinking, MailboxProof
from watchword.plumbing.sealing import SealBroken, Sealer
from watchword.records.consents.rules import REGISTRATION, Deed, Purpose
from watchword.records.consents.service import Consents, Source
from watchword.records.deliveries.service import Deliveries
from watchword.records.linked_identities.service import LinkedIdentities
from watchword.records.receipts.service import Receipts
from watchword.records.sessions.rules import COOKIE, LoginFailed
from watchword.records.subscribers.rules import (
    ACTIVE,
    NEW_ACCOUNTS,
    PENDING,
    EmailVerified,
    Subscriber,
    UserRegistered,
    refusal,
)
from watchword.records.subscribers.service import Subscribers

_SOURCE, _NEWCOMER = "oauth", "newcomer"
_SECRET_BYTES = 32
_OVERTAKEN = 2

Kept = TypeVar("Kept", Attempt, Newcomer)


class AttemptSealer(Sealer):
    """Seals what a browser keeps of a sign-in elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where a browser goes, what it keeps meanwhile, and which earlier attempts it keeps no longer."""

    address: str
    title: str
    mark: str
    attempt: str
    crowded_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came of it: a session, or a link (neither), or a newcomer who is asked for consents first."""

    return_to: str
    admission: Admission | None = None
    newcomer: str | None = None


@service
class SocialLogin:
    """The way in by another provider."""

    offering: Offering
    flags: Flags
    database: Database
    subscribers: Subscribers
    identities: LinkedIdentities
    consents: Consents
    receipts: Receipts
    entrance: Entrance
    mailbox_proof: MailboxProof
    linking: IdentityLinking
    deliveries: Deliveries
    journal: Journal
    metrics: Metrics
    issuer: Issuer
    sealer: AttemptSealer
    clock: Clock
    chance: Chance

    async def begin(
        self,
        name: str,
        return_to: str,
        kept: Mapping[str, str],
        visitor: Visitor,
        caller: Caller | None = None,
    ) -> Departure:
        """Return where the browser goes; `caller`: whose account is to be linked.

        `kept` are the attempts that the browser has under way, by their marks.
        Problems: `not_found`, `not_offered`, `oauth_unavailable`.
        """
        now, provider = self.clock.now(), self._chosen(name, visitor)
        attempt = Attempt(
            provider=name,
            state=self._draw(),
            nonce=self._draw(),
            verifier=self._draw(),
            begun_at=now,
            return_to=return_to,
            session=caller.session_id if caller else None,
        )
        try:
            address = await provider.leave(attempt.errand, now)
        except OutOfReach as away:
            raise OauthUnavailable(private=f"{name}: {away}") from away
        except NotVouched as wrong:
            whose = caller.user_id if caller else None
            fact = LoginFailed(user_id=whose, method=name, reason=str(wrong))
            raise OauthUnavailable(private=f"{name}: {wrong}", fact=fact) from wrong
        sealed = self._seal(attempt)
        earlier = {mark: (self._open(each, Attempt), len(each)) for mark, each in kept.items()}
        return Departure(
            address=address,
            title=provider.title,
            mark=mark_of(attempt.state),
            attempt=sealed,
            crowded_out=crowded_out(earlier, MOST_KEPT - len(sealed), now),
        )

    async def arrive(
        self, back: Returned, cookie: str | None, caller: Caller | None, visitor: Visitor
    ) -> Arrival:
        """Let in, or link, whoever the provider vouches for. Problems: see the story."""
        attempt = self._open(cookie, Attempt)
        try:
            return await self._arrive(attempt, back, caller, visitor, self.clock.now())
        except Problem as problem:
            self._count_failure(problem, attempt, caller)
            raise

    def newcomer(self, cookie: str | None) -> Newcomer:
        """Return who is asked for consents. Problem: `oauth_state_invalid`."""
        found = self._open(cookie, Newcomer)
        if found is None or not found.holds(self.clock.now()):
            raise OauthStateInvalid(private="no newcomer in this browser")
        return found

    async def agree(
        self, cookie: str | None, allowed: Iterable[Purpose], visitor: Visitor
    ) -> Arrival:
        """Make a newcomer's account. Problems: `invalid_input` without the consent that is needed."""
        newcomer, purposes = self.newcomer(cookie), tuple(allowed)
        if self.consents.settings.required and Purpose.PROCESSING not in purposes:
            raise consent_missing()
        return await self._enter(newcomer, purposes, visitor, self.clock.now())

    async def _arrive(
        self,
        attempt: Attempt | None,
        back: Returned,
        caller: Caller | None,
        visitor: Visitor,
        now: datetime,
    ) -> Arrival:
        if attempt is None or not attempt.holds(back.state, now):
            raise OauthStateInvalid(private="no attempt of this browser")
        provider = self.offering.providers.named(attempt.provider)
        if provider is not None and not back.came_to(provider):
            raise OauthStateInvalid(private="came back by another provider's address")
        identity = await self._vouched(attempt, back, now)
        if attempt.session is not None:
            if caller is None or caller.session_id != attempt.session:
                raise OauthStateInvalid(private="another session, or none")
            await self.linking.link(caller, identity, visitor)
            return Arrival(return_to=attempt.return_to)
        newcomer = Newcomer(
            provider=attempt.provider,
            identity=identity,
            vouched_at=now,
            once=attempt.state,
            return_to=attempt.return_to,
        )
        return await self._enter(newcomer, None, visitor, now)

    async def _vouched(self, attempt: Attempt, back: Returned, now: datetime) -> Identity:
        """Return who came back; whatever comes of it, this way is used up."""
        async with self.database.transaction() as tx:
            if not await self.receipts.keep(tx, _SOURCE, [attempt.state], now):
                raise OauthStateInvalid(private="came back twice")
        if back.error == DECLINED:
            raise OauthDeclined
        if back.error or not back.code:
            raise OauthRefused(private="the provider said no")
        provider = self.offering.still(attempt.provider)
        if provider is None:
            raise NotOffered(private=f"{attempt.provider} is gone or switched off")
        try:
            return await provider.vouch(attempt.errand, Secret(back.code), back.issuer, now)
        except NotVouched as wrong:
            fact = LoginFailed(method=attempt.provider, reason=str(wrong))
            raise OauthRefused(private=str(wrong), fact=fact) from wrong
        except OutOfReach as away:
            raise OauthUnavailable(private=f"{attempt.provider}: {away}") from away

    async def _enter(
        self,
        newcomer: Newcomer,
        allowed: tuple[Purpose, ...] | None,
        visitor: Visitor,
        now: datetime,
    ) -> Arrival:
        """Open a session; of several who come for the first time at once, the later find the link.

        Who was overtaken meets the account before the link to it, so only a second look can tell. A
        third is for two who overtake: one registers the address, another proves it.
        """
        for _ in range(_OVERTAKEN):
            with suppress(Taken, OauthAccountExists):
                return await self._enter_once(newcomer, allowed, visitor, now)
        return await self._enter_once(newcomer, allowed, visitor, now)

    async def _enter_once(
        self,
        newcomer: Newcomer,
        allowed: tuple[Purpose, ...] | None,
        visitor: Visitor,
        now: datetime,
    ) -> Arrival:
        async with self.database.transaction() as tx:
            owner = await self._known(tx, newcomer, now)
            if allowed is not None:
                await self._use_up(tx, newcomer, owner, now)
            if owner is None:
                email = verified_address(newcomer.identity)
                found = await self.subscribers.find_by_email(tx, email)
                if found is not None and found.status != PENDING:
                    raise failed(OauthAccountExists(), newcomer.provider, found.id)
                if found is None:
                    self.flags.demand(NEW_ACCOUNTS, email.key)
                if allowed is None and self.consents.settings.required:
                    return Arrival(return_to=newcomer.return_to, newcomer=self._seal(newcomer))
                owner = await self._welcome(tx, newcomer, email, found, allowed or (), visitor, now)
            admission = await self.entrance.admit(
                tx, owner, method=FEDERATED, visitor=visitor, transport=COOKIE, now=now
            )
        self.metrics.logins.labels(newcomer.provider, "none").inc()
        return Arrival(return_to=newcomer.return_to, admission=admission)

    async def _use_up(
        self, tx: Transaction, newcomer: Newcomer, owner: Account | None, now: datetime
    ) -> None:
        """Make one account of a newcomer; whoever has one by now comes by the provider again."""
        new = await self.receipts.keep(tx, _NEWCOMER, [newcomer.once], now)
        if not new or owner is not None:
            raise OauthStateInvalid(private="no newcomer any more")

    async def _known(self, tx: Transaction, newcomer: Newcomer, now: datetime) -> Account | None:
        """Return whose account an identity opens, if any. Problems: the account's."""
        linked = await self.identities.find(tx, newcomer.identity)
        if linked is None:
            return None
        owner = await self.subscribers.hold(tx, linked.user_id)
        if owner is None or not await self.identities.use(tx, linked, now):
            raise OauthStateInvalid(private="unlinked in the meantime")
        if (refused := refusal(owner.status)) is not None:
            raise failed(refused, newcomer.provider, owner.id)
        return owner

    async def _welcome(
        self,
        tx: Transaction,
        newcomer: Newcomer,
        email: EmailAddress,
        found: Subscriber | None,
        allowed: tuple[Purpose, ...],
        visitor: Visitor,
        now: datetime,
    ) -> Account:
        """Make an account for a verified address, or open the one that nobody has proven."""
        identity = newcomer.identity
        owner: Account
        if found is None:
            owner = await self._add(tx, identity, email, visitor, now)
        else:
            owner = await self._adopt(tx, found, identity, email, visitor, now)
        source = Source(channel=REGISTRATION, language=visitor.language, visitor=visitor)
        await self.consents.change(tx, owner.id, Deed.GRANTED, allowed, source, now)
        await self.identities.link(tx, owner.id, identity, visitor, now)
        title = self.identities.title_of(identity.issuer)
        letter = opened_letter(owner, title, f"{self.issuer.pages}/account/identities")
        await self.deliveries.queue(tx, letter, now)
        return owner

    async def _add(
        self,
        tx: Transaction,
        identity: Identity,
        email: EmailAddress,
        visitor: Visitor,
        now: datetime,
    ) -> Subscriber:
        given, family = names_of(identity, email)
        owner = await self.subscribers.add(
            tx,
            email=email,
            given_name=given,
            family_name=family,
            speaks=speaks_of(visitor),
            status=ACTIVE,
            now=now,
        )
        await self.journal.record(tx, UserRegistered(user_id=owner.id), now, visitor)
        await self.journal.record(tx, EmailVerified(user_id=owner.id), now, visitor)
        return owner

    async def _adopt(
        self,
        tx: Transaction,
        found: Subscriber,
        identity: Identity,
        email: EmailAddress,
        visitor: Visitor,
        now: datetime,
    ) -> Subscriber:
        """The mailbox is proven; what a stranger attached goes, and so do their names and number."""
        held = await self.subscribers.hold(tx, found.id)
        if held is None or held.status != PENDING:
            raise OauthAccountExists(private="proven in the meantime")
        await self.mailbox_proof.prove(tx, held, _SOURCE, visitor, now)
        opened = await self.subscribers.get(tx, held.id)
        given, family = names_of(identity, email)
        speaks = speaks_of(visitor)
        named = replace(
            opened,
            given_name=given,
            family_name=family,
            name=f"{given} {family}".strip(),
            phone=None,
            phone_verified_at=None,
            language=speaks.language,
            language_by=speaks.by,
        )
        return await self.subscribers.change(tx, named, opened.version, now)

    def _count_failure(
        self, problem: Problem, attempt: Attempt | None, caller: Caller | None
    ) -> None:
        """Count a failure, and have the journal learn of it: of whoever links, that it is theirs."""
        provider = attempt.provider if attempt else _SOURCE
        links = attempt is not None and caller is not None and attempt.session == caller.session_id
        self.metrics.logins.labels(provider, problem.code).inc()
        self.metrics.logins_failed.labels(provider, problem.code).inc()
        fact = problem.fact or LoginFailed(method=provider, reason=problem.code)
        problem.fact = replace(fact, user_id=caller.user_id) if links and caller else fact

    def _chosen(self, name: str, visitor: Visitor) -> IdentityProvider:
        """Return a provider that is offered to this visitor. Problems: `not_found`, `not_offered`."""
        if self.offering.providers.named(name) is None:
            raise NotFound
        found = self.offering.to(visitor.network).named(name)
        if found is None:
            raise NotOffered(private=f"{name} is switched off")
        return found

    def _draw(self) -> str:
        return urlsafe_b64encode(self.chance.draw(_SECRET_BYTES)).decode().rstrip("=")

    def _seal(self, kept: Attempt | Newcomer) -> str:
        sealed = self.sealer.seal(msgspec.json.encode(kept), type(kept).__name__)
        return urlsafe_b64encode(sealed).decode()

    def _open(self, cookie: str | None, kind: type[Kept]) -> Kept | None:
        """Return what a browser kept; nothing when it is not what we gave it."""
        try:
            sealed = urlsafe_b64decode((cookie or "").encode())
            return msgspec.json.decode(self.sealer.open(sealed, kind.__name__), type=kind)
        except (SealBroken, ValueError):
            return None
