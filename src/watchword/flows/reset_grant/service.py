"""Reset grants: proven codes become grants, and grants are spent."""

from collections.abc import Awaitable, Mapping
from datetime import datetime

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from watchword.flows.reset_grant.rules import (
    ALGORITHM,
    CODE_FOR,
    GRANT_FOR,
    TYPE,
)
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EMAIL
from watchword.plumbing.db.ports import Database, Transaction
from watchword.plumbing.ports import CodeProof, Permit, RightCode, Stub
from watchword.plumbing.sealing import derive
from watchword.records.resets.rules import WRONG_CODES, GrantInvalid, GrantUsed, What
from watchword.records.resets.service import Resets
from watchword.records.tickets.rules import CodeInvalid, LinkProblem, Ticket, TokenInvalid
from watchword.records.tickets.service import Tickets


class GrantKeys:
    """The keys that grants are signed with: the newest signs, every one verifies."""

    def __init__(self, newest: int, secrets: Mapping[int, Secret]) -> None:
        """Derive a key from each secret."""
        self.newest = newest
        self.by_version = {
            version: OctKey.import_key(derive(secret.reveal(), "reset grants"))
            for version, secret in secrets.items()
        }


@service
class SignedGrants:
    """Fills the port `ResetGrants`."""

    database: Database
    code_proof: CodeProof
    tickets: Tickets
    resets: Resets
    keys: GrantKeys

    async def prove(
        self,
        what: str,
        address: str,
        code: Secret,
        *,
        channel: str,
        country: str,
        visitor: Visitor,
        now: datetime,
    ) -> RightCode:
        """Compare a code; the last guess that it bears blocks the reset. Problems: of a code's proof."""
        kind = What(what)
        try:
            return await self.code_proof.prove(
                CODE_FOR[kind],
                address,
                code,
                channel=channel,
                country=country,
                visitor=visitor,
                now=now,
            )
        except CodeInvalid as wrong:
            if (stub := wrong.worn_out) is not None:
                async with self.database.transaction() as tx:
                    await self.resets.block(
                        tx, kind, stub.user_id, stub.detail, WRONG_CODES, visitor, now
                    )
            raise

    async def give(
        self,
        tx: Transaction,
        what: str,
        right: RightCode,
        owner: SubscriberId,
        visitor: Visitor,
        now: datetime,
    ) -> Secret:
        """Spend the code, note that it was right, and return the grant. Problem: `code_invalid`."""
        kind, code = What(what), right.ticket
        await self.code_proof.spend(tx, right, visitor, now)
        ticket = await self.tickets.issue(
            tx,
            purpose=GRANT_FOR[kind],
            address=code.address,
            user_id=owner,
            lifetime=self.resets.settings.grant_lifetime,
            now=now,
            detail=code.detail,
        )
        await self.resets.verify(tx, kind, owner, code.detail, visitor, now)
        return self._signed(kind, ticket, now)

    async def by_link(self, what: str, token: Secret, now: datetime) -> Permit:
        """Return what a link permits. Problems: `token_invalid`, `token_used`, `token_expired`."""
        purpose = CODE_FOR[What(what)]
        return Permit(
            stub=await self.tickets.peek(self.database, purpose, token, now),
            spend=lambda tx: self.tickets.spend(tx, purpose, token, now),
            unfit=TokenInvalid,
            channel=EMAIL,
        )

    def by_code(self, right: RightCode, visitor: Visitor, now: datetime) -> Permit:
        """Return what a right code permits. Problem, when it is spent: `code_invalid`."""

        async def spend(tx: Transaction) -> Stub:
            await self.code_proof.spend(tx, right, visitor, now)
            return right.ticket

        return Permit(stub=right.ticket, spend=spend, unfit=CodeInvalid, channel=right.channel)

    async def by_grant(self, what: str, grant: Secret, now: datetime) -> Permit:
        """Return what a grant permits. Problems: `grant_invalid`, `grant_used`."""
        kind = What(what)
        purpose, token = GRANT_FOR[kind], self._token_in(kind, grant)
        return Permit(
            stub=await _unspent(self.tickets.peek(self.database, purpose, token, now)),
            spend=lambda tx: _unspent(self.tickets.spend(tx, purpose, token, now)),
            unfit=GrantUsed,
        )

    def _signed(self, kind: What, ticket: Ticket, now: datetime) -> Secret:
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": str(self.keys.newest)}
        claims = {
            "aud": kind.value,
            "jti": ticket.token.reveal(),
            "iat": int(now.timestamp()),
            "exp": int(ticket.expires_at.timestamp()),
        }
        key = self.keys.by_version[self.keys.newest]
        return Secret(jwt.encode(header, claims, key, algorithms=[ALGORITHM]))

    def _token_in(self, kind: What, grant: Secret) -> Secret:
        """Return the token that a grant is signed around; the ticket knows whether it is in time."""
        for key in self.keys.by_version.values():
            try:
                read = jwt.decode(grant.reveal(), key, algorithms=[ALGORITHM])
            except (JoseError, ValueError, TypeError, RecursionError):
                continue
            token = read.claims.get("jti")
            good = read.header.get("typ") == TYPE and read.claims.get("aud") == kind.value
            if good and isinstance(token, str):
                return Secret(token)
        raise GrantInvalid


async def _unspent(found: Awaitable[Stub]) -> Stub:
    """Return what a ticket says; what is wrong with it is said of the grant."""
    try:
        return await found
    except LinkProblem as refused:
        raise GrantUsed(private=refused.code, fact=refused.fact) from refused
