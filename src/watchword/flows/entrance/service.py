"""The entrance: a session, its tokens, a fact, and a letter about a new device."""

from datetime import datetime

from watchword.flows.entrance.rules import SessionCreated, new_device_letter
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Transaction
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.ports import Account, Admission, Tokens
from watchword.records.deliveries.service import Deliveries
from watchword.records.refresh_tokens.service import RefreshTokens
from watchword.records.sessions.rules import TOKEN
from watchword.records.sessions.service import Sessions
from watchword.records.signing_keys.rules import Bearer
from watchword.records.signing_keys.service import SigningKeys
from watchword.records.subscribers.service import Subscribers


@service
class SessionEntrance:
    """Fills the port `Entrance`."""

    subscribers: Subscribers
    sessions: Sessions
    refresh_tokens: RefreshTokens
    signing_keys: SigningKeys
    deliveries: Deliveries
    journal: Journal
    issuer: Issuer

    async def admit(
        self,
        tx: Transaction,
        account: Account,
        *,
        method: str,
        visitor: Visitor,
        transport: str,
        now: datetime,
        new_device: bool | None = None,
    ) -> Admission:
        """Open a session; the journal and, when the device is new, the owner are told."""
        if new_device is None:
            new_device = await self.sessions.new_device(tx, account.id, visitor.user_agent)
        session = await self.sessions.open(
            tx, user_id=account.id, methods=[method], visitor=visitor, transport=transport, now=now
        )
        await self.subscribers.seen(tx, account.id, now)
        refresh_token = None
        lifetime = self.sessions.settings.refresh_lifetime
        if transport == TOKEN:
            refresh_token = await self.refresh_tokens.issue(tx, session.id, lifetime, now)
        if new_device:
            link = f"{self.issuer.pages}/account/sessions"
            await self.deliveries.queue(tx, new_device_letter(account, visitor, link, now), now)
        fact = SessionCreated(user_id=account.id, session_id=session.id, methods=method)
        await self.journal.record(tx, fact, now, visitor)
        return Admission(
            session_id=session.id,
            user_id=account.id,
            role=account.role,
            methods=session.methods,
            authenticated_at=session.authenticated_at,
            at=now,
            expires_at=session.expires_at,
            cookie=session.cookie,
            refresh_token=refresh_token,
            refresh_expires_at=now + lifetime if refresh_token else None,
        )

    async def tokens(self, admission: Admission) -> Tokens:
        """Return an API client's tokens; signed after the commit, so that no row waits for it."""
        if admission.refresh_token is None or admission.refresh_expires_at is None:
            return Tokens()
        bearer = Bearer(
            user_id=admission.user_id,
            session_id=admission.session_id,
            role=admission.role,
            methods=admission.methods,
            authenticated_at=admission.authenticated_at,
        )
        return Tokens(
            access_token=await self.signing_keys.access_token(
                bearer, self.issuer.url, admission.at
            ),
            token_type="Bearer",  # noqa: S106 - RFC 6750's word
            expires_in=int(self.signing_keys.settings.lifetime.total_seconds()),
            refresh_token=admission.refresh_token.reveal(),
            refresh_expires_in=int((admission.refresh_expires_at - admission.at).total_seconds()),
        )
