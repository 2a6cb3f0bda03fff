"""What introspection takes and tells."""

import msgspec

from watchword.kernel.ports import Caller
from watchword.records.signing_keys.rules import Claims


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token to look at; the hint is taken and not needed (RFC 7662, section 2.1)."""

    token: str
    token_type_hint: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a token is good and, if so, whose it is (RFC 7662, section 2.2)."""

    active: bool
    sub: str | None = None
    sid: str | None = None
    username: str | None = None
    iss: str | None = None
    aud: str | None = None
    token_type: str | None = None
    exp: int | None = None
    iat: int | None = None
    auth_time: int | None = None
    amr: tuple[str, ...] | None = None
    acr: str | None = None
    role: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    name: str | None = None


def answer(caller: Caller | None, claims: Claims | None, issuer: str, audience: str) -> Finding:
    """Return the introspection response (RFC 7662, section 2.2); an access token has times of its own."""
    if caller is None:
        return Finding(active=False)
    begun, over = caller.created_at.timestamp(), caller.expires_at.timestamp()
    if claims is not None:
        begun, over = claims.issued_at, min(claims.expires_at, over)
    return Finding(
        active=True,
        sub=str(caller.user_id),
        sid=str(caller.session_id),
        username=caller.email,
        iss=issuer,
        aud=audience,
        token_type="Bearer" if caller.transport == "token" else "Cookie",
        exp=int(over),
        iat=int(begun),
        auth_time=int(caller.authenticated_at.timestamp()),
        amr=caller.methods,
        acr=f"aal{caller.aal}",
        role=caller.role,
        email=caller.email,
        email_verified=caller.email_verified,
        name=caller.name,
    )
