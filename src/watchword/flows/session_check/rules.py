"""What a session check remembers, for how long, and what `me` tells."""

from datetime import datetime
from typing import Any, Final

from msgspec.structs import asdict

from watchword.kernel.assurance import level
from watchword.kernel.ports import Caller
from watchword.plumbing.shapes import Answer
from watchword.plumbing.words.languages import CHOSEN
from watchword.records.subscribers.rules import Profile

KEPT_SECONDS: Final = 5.0
MOST_KEPT: Final = 100_000


class SessionShape(Answer, frozen=True):
    """The session that the caller came with."""

    id: str
    transport: str
    aal: int
    amr: tuple[str, ...]
    created_at: datetime
    authenticated_at: datetime
    expires_at: datetime


class Me(Profile, frozen=True):
    """Who the caller is."""

    session: SessionShape


class MeInFull(Me, frozen=True):
    """Who the caller is, and what waits for them."""

    consent_renewal_required: bool


def in_full(me: Me, renewal_required: bool) -> MeInFull:  # noqa: FBT001 - it is the field's value
    """Add what is not worth a statement at every check."""
    return MeInFull(**asdict(me), consent_renewal_required=renewal_required)


def methods_of(row: Any) -> tuple[str, ...]:
    """Return how they proved who they are."""
    return tuple(row.methods.split())


def caller_of(row: Any) -> Caller:
    """Read the statement's row."""
    methods = methods_of(row)
    return Caller(
        session_id=row.session_id,
        user_id=row.user_id,
        email=row.email,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
        phone=row.phone,
        phone_verified=row.phone_verified,
        email_verified=row.email_verified,
        status=row.status,
        role=row.role,
        language=row.language,
        language_by=row.language_by,
        version=row.version,
        transport=row.transport,
        methods=methods,
        aal=level(methods),
        created_at=row.created_at,
        authenticated_at=row.authenticated_at,
        expires_at=row.expires_at,
    )


def me_of(who: Any, methods: tuple[str, ...]) -> Me:
    """Tell a caller, or the statement's row of one, who they are."""
    return Me(
        id=str(who.user_id),
        email=who.email,
        email_verified=who.email_verified,
        first_name=who.given_name,
        last_name=who.family_name,
        name=who.name,
        phone=who.phone,
        phone_verified=who.phone_verified,
        status=who.status,
        role=who.role,
        language=who.language,
        language_chosen=who.language_by == CHOSEN,
        version=who.version,
        session=SessionShape(
            id=str(who.session_id),
            transport=who.transport,
            aal=level(methods),
            amr=methods,
            created_at=who.created_at,
            authenticated_at=who.authenticated_at,
            expires_at=who.expires_at,
        ),
    )
