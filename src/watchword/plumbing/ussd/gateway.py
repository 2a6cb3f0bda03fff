"""What a gateway posts of a USSD session, and how it proves who it is.

signed    X-Ussd-Timestamp, X-Ussd-Signature: HMAC-SHA-256 over timestamp, dot and body, in hex
or not    HTTP Basic, its password the secret, from networks that an operator has named
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from watchword.kernel.addresses import Network, is_within
from watchword.kernel.secret import Secret

MOST_TYPED: Final = 400  # characters of all inputs of a session
MAX_AGE: Final = timedelta(minutes=5)
DEV_NUMBER: Final = "+221770123456"  # who dials, and what, on a telephone of development
DEV_SERVICE_CODE: Final = "*384*7#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """What the gateway posts: the session, the number in E.164, the service code, the inputs so far."""

    session_id: str
    number: str
    service_code: str
    inputs: tuple[str, ...] = field(repr=False)

    @property
    def typed(self) -> str:
        """Return the inputs as the gateway joins them."""
        return "*".join(self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a gateway proves itself by: a secret, and whence it posts, if that is known."""

    secret: Secret
    networks: tuple[Network, ...]


def signature(secret: Secret, timestamp: str, body: bytes) -> str:
    """Return how a gateway signs a body."""
    return hmac.digest(secret.reveal().encode(), timestamp.encode() + b"." + body, "sha256").hex()


def why_unknown(
    proof: Proof,
    headers: Mapping[str, str],
    body: bytes,
    address: str,
    now: datetime,
) -> str | None:
    """Return why a post may not be the gateway's; nothing when it is."""
    if proof.networks and not is_within(address, proof.networks):
        return "elsewhere"
    signed = headers.get("x-ussd-signature")
    if signed is not None:
        return _why_unsigned(proof.secret, signed, headers, body, now)
    if not proof.networks:
        return "unsigned"
    password = _password(headers.get("authorization", ""))
    right = hmac.compare_digest(password.encode(), proof.secret.reveal().encode())
    return None if right else "wrong_secret"


def _why_unsigned(
    secret: Secret, signed: str, headers: Mapping[str, Any], body: bytes, now: datetime
) -> str | None:
    timestamp = headers.get("x-ussd-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004
        return "no_timestamp"
    if not hmac.compare_digest(signature(secret, timestamp, body).encode(), signed.encode()):
        return "wrong_signature"
    return None if abs(now.timestamp() - int(timestamp)) <= MAX_AGE.total_seconds() else "too_old"


def _password(authorization: str) -> str:
    """Return the password of HTTP Basic (RFC 7617); nothing when there is none."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
