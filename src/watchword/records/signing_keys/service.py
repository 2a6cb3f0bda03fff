"""Signing keys: the ring of this process, and the table it is read from."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import to_bytes, urlsafe_b64decode, urlsafe_b64encode

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.plumbing.db.changes import KEYS
from watchword.plumbing.db.ports import Database, Taken, Transaction
from watchword.plumbing.sealing import SealBroken, Sealer, derive
from watchword.plumbing.shapes import to_json
from watchword.records.signing_keys import store
from watchword.records.signing_keys.rules import (
    ACTIVE,
    LONGEST,
    TYPE,
    Bearer,
    Claims,
    SigningKeySealed,
    TokenSettings,
    claims_of,
)

_PURPOSE = "signing keys"
_REREAD = timedelta(seconds=1)
_ALGORITHMS = JWSRegistry(algorithms=["ES256", "RS256", "HS256"])


class Signer:
    """Signs by one key; what the head of its tokens says is written once."""

    def __init__(self, kid: str, algorithm: str, key: Key) -> None:
        """Take the key."""
        self.key = key
        self._sign = _ALGORITHMS.get_alg(algorithm).sign
        self._head = urlsafe_b64encode(to_json({"alg": algorithm, "typ": TYPE, "kid": kid}))

    def token(self, body: bytes) -> str:
        """Return a signed token (RFC 7515, compact)."""
        text = self._head + b"." + urlsafe_b64encode(body)
        return (text + b"." + urlsafe_b64encode(self._sign(text, self.key))).decode()


class Ring:
    """The keys a process holds in memory: one to sign, all to verify, those to publish."""

    def __init__(self) -> None:
        """Start empty; `SigningKeys.load` fills it."""
        self.signer: Signer | None = None
        self.verifiers: dict[str, tuple[str, Key]] = {}
        self.published: dict[str, Any] = {"keys": []}
        self.stale = True
        self.read_at: datetime | None = None


@service
class SigningKeys:
    """Signs and verifies access tokens."""

    settings: TokenSettings
    database: Database
    clock: Clock
    chance: Chance
    ring: Ring

    async def load(self) -> None:
        """Fill the ring, making the first key if there is none; two processes make one key."""
        if self.settings.algorithm == "HS256":
            self._load_shared()
        elif self.settings.private_key_path:
            self._load_files()
        else:
            rows = await store.every(self.database)
            if not any(row.state == ACTIVE for row in rows):
                await self._make_first()
                rows = await store.every(self.database)
            self._load_rows(rows)
        self.ring.stale, self.ring.read_at = False, self.clock.now()

    async def ready(self) -> None:
        """Have the keys at hand before something is spent for a token. Problem: `signing_key_sealed`."""
        if self.ring.stale:
            await self.load()

    async def rotate(self, tx: Transaction, now: datetime) -> str:
        """Retire the active key and make another; return its `kid`."""
        await store.retire(tx, now)
        kid = await self._make(tx, now)
        tx.announce(KEYS)
        return kid

    async def every(self) -> list[Any]:
        """Return every stored key's row."""
        return await store.every(self.database)

    async def purge(self, before: datetime) -> int:
        """Delete keys whose last token expired long ago."""
        return await store.purge(self.database, before - LONGEST)

    async def access_token(self, bearer: Bearer, issuer: str, now: datetime) -> str:
        """Return an access token for a session (RFC 9068)."""
        return await self.sign(
            {
                "sub": str(bearer.user_id),
                "sid": str(bearer.session_id),
                "client_id": self.settings.audience,
                "iat": int(now.timestamp()),
                "exp": int((now + self.settings.lifetime).timestamp()),
                "jti": self.chance.draw(12).hex(),
                "auth_time": int(bearer.authenticated_at.timestamp()),
                "amr": list(bearer.methods),
                "role": bearer.role,
            },
            issuer,
        )

    async def sign(self, claims: dict[str, Any], issuer: str) -> str:
        """Return a token with these claims. Problem: `signing_key_sealed`."""
        await self.ready()
        assert self.ring.signer is not None
        body = to_json({"iss": issuer, "aud": self.settings.audience, **claims})
        return self.ring.signer.token(body)

    async def verify(self, token: str, issuer: str, now: datetime) -> Claims | None:
        """Return what a good access token says, or nothing. Problem: `signing_key_sealed`."""
        await self.ready()
        kid = _kid_of(token)
        held = self.ring.verifiers.get(kid or "") or await self._look_again(kid, now)
        if held is None:
            return None
        algorithm, key = held
        try:
            read = jwt.decode(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            return None
        good = (
            read.header.get("typ") == TYPE
            and read.claims.get("iss") == issuer
            and read.claims.get("aud") == self.settings.audience
        )
        claims = claims_of(read.claims) if good else None
        return claims if claims and claims.expires_at > now.timestamp() else None

    async def _look_again(self, kid: str | None, now: datetime) -> tuple[str, Key] | None:
        """Read the table once more for a key of which no news came yet; once a second at most."""
        read_at = self.ring.read_at
        if kid is None or (read_at is not None and now - read_at < _REREAD):
            return None
        await self.load()
        return self.ring.verifiers.get(kid)

    def published(self) -> dict[str, Any]:
        """Return the JSON Web Key Set (RFC 7517) that others verify by."""
        return self.ring.published

    def _sealer(self) -> Sealer:
        return Sealer(derive(self.settings.secret.reveal(), _PURPOSE), self.chance)

    async def _make_first(self) -> None:
        try:
            async with self.database.transaction() as tx:
                await self._make(tx, self.clock.now())
        except Taken:
            return

    async def _make(self, tx: Transaction, now: datetime) -> str:
        key = ECKey.generate_key("P-256")
        kid = key.thumbprint()
        sealed = self._sealer().seal(key.as_pem(private=True), f"key:{kid}")
        await store.insert(tx, kid, "ES256", sealed, now)
        return kid

    def _load_rows(self, rows: list[Any]) -> None:
        sealer = self._sealer()
        verifiers: dict[str, tuple[str, Key]] = {}
        keys: list[dict[str, Any]] = []
        for row in rows:
            try:
                key = ECKey.import_key(sealer.open(bytes(row.sealed), f"key:{row.kid}"))
            except SealBroken as broken:
                if row.state == ACTIVE:
                    raise SigningKeySealed(private=f"key {row.kid}: {broken!r}") from broken
                continue  # its tokens, minutes old, are refused
            verifiers[row.kid] = (row.algorithm, key)
            keys.append(_public(key, row.kid, row.algorithm))
            if row.state == ACTIVE:
                self.ring.signer = Signer(row.kid, row.algorithm, key)
        self.ring.verifiers, self.ring.published = verifiers, {"keys": keys}

    def _load_files(self) -> None:
        private = RSAKey.import_key(Path(self.settings.private_key_path).read_bytes())
        kid = private.thumbprint()
        self.ring.signer = Signer(kid, "RS256", private)
        self.ring.verifiers = {kid: ("RS256", private)}
        self.ring.published = {"keys": [_public(private, kid, "RS256")]}

    def _load_shared(self) -> None:
        key = OctKey.import_key(derive(self.settings.secret.reveal(), "HS256 access tokens"))
        self.ring.signer = Signer("shared", "HS256", key)
        self.ring.verifiers = {"shared": ("HS256", key)}
        self.ring.published = {"keys": []}


def _public(key: Any, kid: str, algorithm: str) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid, "alg": algorithm, "use": "sig"}


def _kid_of(token: str) -> str | None:
    """Return the `kid` that a token names, without believing anything of it."""
    try:
        header = msgspec.json.decode(urlsafe_b64decode(to_bytes(token.partition(".")[0])))
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    kid = header.get("kid") if isinstance(header, dict) else None
    return kid if isinstance(kid, str) else None
