"""The identity token: whom a provider names, once all of it holds.

    alg      one that the provider announced, and of ours; never none, never a shared secret
    kid      a key that the provider publishes, of the kind that the algorithm wants; where that does not
             verify it, the one that is published by now
    iss      the provider; aud: us, and with others beside us, or at all, azp: us
    exp      not over; iat, nbf: not to come; each with a minute of clocks that differ
    nonce    that of this browser's errand
    sub      at most 255 signs

Source: OpenID Connect Core 1.0, sections 3.1.3.7 and 2; RFC 8725.
"""

import hmac
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from watchword.adapters.identity_providers.told import as_object, as_subject, read_json
from watchword.kernel.identity import NotVouched

LEEWAY: Final = timedelta(minutes=1)
_LONGEST: Final = 32_768

FindKey = Callable[[str | None, str, Key | None], Awaitable[Key]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say. `nonce_may_lack`: this provider's tokens have none."""

    issuers: Collection[str]
    client_id: str
    nonce: str
    algorithms: Collection[str]
    nonce_may_lack: bool = False


async def read(token: str, expected: Expected, find_key: FindKey, now: datetime) -> dict[str, Any]:
    """Return what a token says. Problems: `NotVouched`, those of finding its key."""
    signed = _opened(token)
    header = signed.headers()
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in expected.algorithms:
        raise NotVouched("algorithm")
    if not isinstance(kid, str | None) or "crit" in header:
        raise NotVouched("header")
    key = await find_key(kid, algorithm, None)
    if not _verifies(signed, key, algorithm):
        newer = await find_key(kid, algorithm, key)
        if not _verifies(signed, newer, algorithm):
            raise NotVouched("signature")
    claims = as_object(read_json(signed.payload))
    _check(claims, expected, now)
    return claims


def _opened(token: str) -> jws.CompactSignature:
    """Return a token taken apart, believed by nobody yet."""
    if len(token) > _LONGEST:
        raise NotVouched("too_large")
    try:
        return jws.extract_compact(token.encode())
    except (JoseError, ValueError, TypeError, RecursionError):
        raise NotVouched("no_token") from None


def _verifies(signed: jws.CompactSignature, key: Key, algorithm: str) -> bool:
    try:
        return jws.validate_compact(signed, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        return False


def _check(claims: dict[str, Any], expected: Expected, now: datetime) -> None:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in expected.issuers:
        raise NotVouched("issuer")
    as_subject(claims.get("sub"))
    _check_audience(claims, expected.client_id)
    _check_times(claims, now)
    nonce = claims.get("nonce")
    lacks = nonce is None and expected.nonce_may_lack
    if not lacks and not _same(nonce, expected.nonce):
        raise NotVouched("nonce")


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    told = claims.get("aud")
    audience = told if isinstance(told, list) else [told]
    party = claims.get("azp")
    if client_id not in audience:
        raise NotVouched("audience")
    if party != client_id and (party is not None or len(audience) > 1):
        raise NotVouched("party")


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    expires, issued = _number(claims, "exp"), _number(claims, "iat")
    if expires is None or expires + leeway <= moment:
        raise NotVouched("expired")
    starts = _number(claims, "nbf") if "nbf" in claims else issued
    if issued is None or starts is None or max(issued, starts) - leeway > moment:
        raise NotVouched("not_yet")


def _number(claims: dict[str, Any], name: str) -> float | None:
    """Return a moment; nothing for what is none."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _same(told: Any, expected: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode(), expected.encode())
