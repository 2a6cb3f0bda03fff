"""What a session check remembers, for how long, and what `me` tells."""

from datetime import datetime, timedelta
from typing import Any, Final

from watchword.kernel.assurance import level
from watchword.kernel.ports import Caller
from watchword.plumbing.web.shapes import Answer

KEPT_SECONDS: Final = 5.0
MOST_KEPT: Final = 100_000
TOUCH_EVERY: Final = timedelta(seconds=60)


class SessionShape(Answer, frozen=True):
    """The session that the caller came with."""

    id: str
    transport: str
    aal: int
    amr: tuple[str, ...]
    created_at: datetime
    authenticated_at: datetime
    expires_at: datetime


class Me(Answer, frozen=True):
    """Who the caller is."""

    id: str
    email: str
    email_verified: bool
    first_name: str
    last_name: str
    name: str
    phone: str | None
    phone_verified: bool
    status: str
    role: str
    language: str
    version: int
    session: SessionShape


def caller_of(row: Any) -> Caller:
    """Read the statement's row."""
    methods = tuple(row.methods.split())
    return Caller(
        session_id=row.session_id,
        user_id=row.user_id,
        email=row.email,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
        phone=row.phone,
        phone_verified=row.phone_verified_at is not None,
        email_verified=row.email_verified_at is not None,
        status=row.status,
        role=row.role,
        language=row.language,
        version=row.version,
        transport=row.transport,
        methods=methods,
        aal=level(methods),
        created_at=row.created_at,
        authenticated_at=row.authenticated_at,
        expires_at=row.expires_at,
    )


def me_of(caller: Caller) -> Me:
    """Tell the caller who they are."""
    return Me(
        id=str(caller.user_id),
        email=caller.email,
        email_verified=caller.email_verified,
        first_name=caller.given_name,
        last_name=caller.family_name,
        name=caller.name,
        phone=caller.phone,
        phone_verified=caller.phone_verified,
        status=caller.status,
        role=caller.role,
        language=caller.language,
        version=caller.version,
        session=SessionShape(
            id=str(caller.session_id),
            transport=caller.transport,
            aal=caller.aal,
            amr=caller.methods,
            created_at=caller.created_at,
            authenticated_at=caller.authenticated_at,
            expires_at=caller.expires_at,
        ),
    )
