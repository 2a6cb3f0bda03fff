"""Which algorithm, issuer and audience; how long an access token lives; what one says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from watchword.kernel.ids import SessionId, SubscriberId
from watchword.kernel.parsing import choice, duration
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import Unavailable
from watchword.kernel.secret import Secret

ACTIVE = "active"
RETIRED = "retired"
TYPE = "at+jwt"
LONGEST = timedelta(minutes=15)


class SigningKeySealed(Unavailable):
    """The signing key cannot be opened: JWT_SECRET is not the one that sealed it."""

    code = "signing_key_sealed"


def _access_lifetime(text: str) -> timedelta:
    lifetime = duration(text)
    if lifetime > LONGEST:
        message = "an access token lives at most 15m"
        raise ValueError(message)
    return lifetime


@section
class TokenSettings:
    """Access tokens and the keys that sign them."""

    secret: Secret = setting(
        "JWT_SECRET", "Wraps the signing keys at rest (HKDF, AES-GCM).", parse=Secret, secret=True
    )
    lifetime: timedelta = setting(
        "JWT_EXPIRES_IN",
        "How long an access token lives; at most 15m.",
        parse=_access_lifetime,
        default="15m",
        aliases=("JWT_ACCESS_EXPIRES",),
    )
    issuer: str = setting(
        "JWT_ISSUER", "`iss` of our tokens; empty is PUBLIC_BASE_URL.", default=""
    )
    audience: str = setting("JWT_AUDIENCE", "`aud` of our access tokens.", default="watchword")
    algorithm: str = setting(
        "JWT_ALGORITHM",
        "ES256 by a key made here; RS256 when key files are given; HS256 only when asked for here.",
        parse=choice("", "ES256", "RS256", "HS256"),
        default="",
    )
    private_key_path: str = setting(
        "JWT_PRIVATE_KEY_PATH", "An RSA private key (PEM) to sign with.", default=""
    )
    public_key_path: str = setting(
        "JWT_PUBLIC_KEY_PATH", "The public half of that key (PEM); checked against it.", default=""
    )


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says: whose it is, and which session it belongs to."""

    user_id: SubscriberId
    session_id: SessionId
    expires_at: float
    issued_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whom an access token is for."""

    user_id: SubscriberId
    session_id: SessionId
    role: str
    methods: tuple[str, ...]
    authenticated_at: datetime


def claims_of(payload: dict[str, Any]) -> Claims | None:
    """Read the claims that we put in, or nothing when something else did."""
    try:
        return Claims(
            SubscriberId(UUID(payload["sub"])),
            SessionId(UUID(payload["sid"])),
            float(payload["exp"]),
            float(payload["iat"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
