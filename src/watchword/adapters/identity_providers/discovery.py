"""Discovery: what an OpenID provider says of itself, and the keys that it signs by.

    description   asked for once an hour; while the provider is away the last one serves for a day
    keys          asked for once an hour; a token by an unknown one, or one that does not verify (the keys
                  went round, perhaps under no name or the old one), makes us look again, four times a minute

One asks, the others wait for what comes. After a failure nobody asks for some seconds: a provider that
does not answer costs each visitor no more than one page. A description that names another issuer, or leads
from https to http, is nobody's. Source: OpenID Connect Discovery 1.0; RFC 8414; RFC 7517.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey

from watchword.adapters.identity_providers.asking import Asker
from watchword.adapters.identity_providers.told import as_address, as_object
from watchword.kernel.identity import NotVouched
from watchword.kernel.ports import OutOfReach

PATH: Final = "/.well-known/openid-configuration"
FRESH: Final = timedelta(hours=1)
STALE: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=1)
LOOKS: Final = 4
REST: Final = timedelta(seconds=10)
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
)
_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_PARTS: Final = ("kty", "crv", "x", "y", "n", "e")
_LEAST_RSA_BITS: Final = 2048
_MOST_RSA_BITS: Final = 16_384
_MOST_KEYS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a provider says of itself. `tells_issuer`: each of its answers says whose it is (RFC 9207)."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    algorithms: frozenset[str]
    by_form: bool
    tells_issuer: bool
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys of a provider, as it publishes them."""

    each: tuple[Mapping[str, Any], ...]
    read_at: datetime


class Discovery:
    """What is known of one provider."""

    def __init__(self, asker: Asker, issuer: str) -> None:
        """Ask the provider with this issuer."""
        self._asker = asker
        self._issuer = issuer
        self._found: Description | None = None
        self._keys: Keys | None = None
        self._rests_until: datetime | None = None
        self._looked: tuple[datetime, ...] = ()
        self._asking = asyncio.Lock()

    async def description(self, now: datetime) -> Description:
        """Return what the provider says of itself. Problems: `OutOfReach`, `NotVouched`."""
        async with self._asking:
            if self._found is None or now - self._found.read_at >= FRESH:
                await self._describe(now)
            assert self._found is not None
            return self._found

    async def key(
        self, kid: str | None, algorithm: str, now: datetime, wrong: Key | None = None
    ) -> Key:
        """Return the key that a token names, but not the one that did not verify it.

        Problems: `NotVouched`, `OutOfReach`.
        """
        where = (await self.description(now)).keys
        async with self._asking:
            if self._keys is None or now - self._keys.read_at >= FRESH:
                await self._look(where, now)
            key = self._fitting(kid, algorithm, wrong)
            if key is None and self._may_look_again(now):
                await self._look(where, now)
                key = self._fitting(kid, algorithm, wrong)
        if key is None:
            raise NotVouched("unknown_key" if wrong is None else "signature")
        return key

    async def keys(self, now: datetime) -> int:
        """Return how many keys it publishes. Problems: `NotVouched`, `OutOfReach`."""
        where = (await self.description(now)).keys
        async with self._asking:
            await self._look(where, now)
        if self._keys is None or not self._keys.each:
            raise NotVouched("no_keys")
        return len(self._keys.each)

    async def _describe(self, now: datetime) -> None:
        if self._rests_until is not None and now < self._rests_until:
            self._serve_the_last(now, OutOfReach("resting"))
            return
        try:
            told = as_object(await self._asker.get(self._issuer.rstrip("/") + PATH))
            self._found = _description(told, self._issuer, now)
        except (OutOfReach, NotVouched) as trouble:
            self._rests_until = now + REST
            self._serve_the_last(now, trouble)

    def _serve_the_last(self, now: datetime, trouble: Exception) -> None:
        """Go on with the last description for a while. Problem: the trouble."""
        if self._found is None or now - self._found.read_at >= STALE:
            raise trouble

    def _may_look_again(self, now: datetime) -> bool:
        """Count a look before its hour: what nobody signed makes us ask no more than so often."""
        lately = tuple(each for each in self._looked if now - each < AGAIN)
        if len(lately) >= LOOKS:
            return False
        self._looked = (*lately, now)
        return True

    async def _look(self, where: str, now: datetime) -> None:
        told = as_object(await self._asker.get(where)).get("keys")
        if not isinstance(told, list):
            raise NotVouched("no_keys")
        objects = tuple(each for each in told[:_MOST_KEYS] if isinstance(each, dict))
        self._keys = Keys(each=objects, read_at=now)

    def _fitting(self, kid: str | None, algorithm: str, wrong: Key | None) -> Key | None:
        """Return the key of a name; without a name, the only one that fits."""
        assert self._keys is not None
        found = [
            key
            for each in self._keys.each
            if kid is None or each.get("kid") == kid
            if (key := _key(each, algorithm)) is not None
        ]
        if len(found) != 1 or (wrong and found[0].thumbprint() == wrong.thumbprint()):
            return None
        return found[0]


def _description(told: dict[str, Any], issuer: str, now: datetime) -> Description:
    if told.get("issuer") != issuer:
        raise NotVouched("another_issuer")
    secure = issuer.startswith("https://")
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Description(
        authorization=as_address(told, "authorization_endpoint", secure=secure),
        token=as_address(told, "token_endpoint", secure=secure),
        keys=as_address(told, "jwks_uri", secure=secure),
        userinfo=as_address(told, "userinfo_endpoint", secure=secure)
        if told.get("userinfo_endpoint")
        else "",
        algorithms=frozenset(ALGORITHMS) & _texts(told, "id_token_signing_alg_values_supported"),
        by_form="client_secret_basic" not in methods if isinstance(methods, list) else False,
        tells_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        read_at=now,
    )


def _texts(told: dict[str, Any], name: str) -> frozenset[str]:
    value = told.get(name)
    return (
        frozenset(each for each in value if isinstance(each, str))
        if isinstance(value, list)
        else frozenset()
    )


def _key(told: Mapping[str, Any], algorithm: str) -> Key | None:
    """Return a published key if signatures of this kind are made by it."""
    if told.get("use", "sig") != "sig" or told.get("alg", algorithm) != algorithm:
        return None
    public = {name: text for name in _PARTS if isinstance(text := told.get(name), str)}
    try:
        return _curve(public, algorithm) if algorithm in _CURVES else _rsa(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _curve(public: dict[str, Any], algorithm: str) -> Key | None:
    fits = public.get("kty") == "EC" and public.get("crv") == _CURVES[algorithm]
    return ECKey.import_key(public) if fits else None


def _rsa(public: dict[str, Any]) -> Key | None:
    if public.get("kty") != "RSA":
        return None
    key = RSAKey.import_key(public)
    return key if _LEAST_RSA_BITS <= key.raw_value.key_size <= _MOST_RSA_BITS else None
