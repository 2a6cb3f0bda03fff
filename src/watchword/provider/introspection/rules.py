"""What introspection takes and tells."""

from typing import Any

import msgspec

from watchword.kernel.ports import Caller


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The token to look at; the hint is taken and not needed (RFC 7662, section 2.1)."""

    token: str
    token_type_hint: str = ""


def answer(caller: Caller | None, issuer: str, audience: str) -> dict[str, Any]:
    """Return the introspection response (RFC 7662, section 2.2)."""
    if caller is None:
        return {"active": False}
    return {
        "active": True,
        "sub": str(caller.user_id),
        "sid": str(caller.session_id),
        "username": caller.email,
        "iss": issuer,
        "aud": audience,
        "token_type": "Bearer" if caller.transport == "token" else "Cookie",
        "exp": int(caller.expires_at.timestamp()),
        "iat": int(caller.created_at.timestamp()),
        "auth_time": int(caller.authenticated_at.timestamp()),
        "amr": list(caller.methods),
        "acr": f"aal{caller.aal}",
        "role": caller.role,
        "email": caller.email,
        "email_verified": caller.email_verified,
        "name": caller.name,
    }
