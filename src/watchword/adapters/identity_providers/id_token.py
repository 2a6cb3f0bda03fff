"""The identity token: whom a provider names, once all of it holds.

    alg      one that the provider announced, and of ours; never none, never a shared secret
    kid      a key that the provider publishes, of the kind that the algorithm wants
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
from math import isfinite
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from watchword.kernel.identity import NotVouched

LEEWAY: Final = timedelta(minutes=1)
_LONGEST: Final = 32_768
_LONGEST_SUBJECT: Final = 255

FindKey = Callable[[str | None, str], Awaitable[Key]]


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
    header = _header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in expected.algorithms:
        raise NotVouched("algorithm")
    if not isinstance(kid, str | None) or "crit" in header:
        raise NotVouched("header")
    key = await find_key(kid, algorithm)
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError):
        raise NotVouched("signature") from None
    _check(claims, expected, now)
    return claims


def _header(token: str) -> dict[str, Any]:
    """Return what the head says, believed by nobody yet."""
    if len(token) > _LONGEST:
        raise NotVouched("too_large")
    try:
        return dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError, RecursionError):
        raise NotVouched("no_token") from None


def _check(claims: dict[str, Any], expected: Expected, now: datetime) -> None:
    subject, issuer = claims.get("sub"), claims.get("iss")
    if not isinstance(issuer, str) or issuer not in expected.issuers:
        raise NotVouched("issuer")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise NotVouched("subject")
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
    if (party is None and len(audience) > 1) or party not in {None, client_id}:
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
    """Return a moment; nothing for what is none: NaN is before no moment, and Infinity is never over."""
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        moment = float(value)
    except OverflowError:
        return None
    return moment if isfinite(moment) else None


def _same(told: Any, expected: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode(), expected.encode())
