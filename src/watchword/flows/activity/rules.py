"""Which facts are told to the person they are about, and in which words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta

from watchword.plumbing.shapes import Answer, Body
from watchword.records.sessions.rules import WRONG, LoginFailed
from watchword.records.tickets.rules import SUCCESS, CodeTried

MOST: Final = 100
PAGE: Final = 50

WORDS: Final[Mapping[str, str]] = {
    "id.user.registered": "registered",
    "id.user.email_verified": "email_verified",
    "id.user.phone_verified": "phone_verified",
    "id.user.updated": "profile_changed",
    "id.session.created": "signed_in",
    "id.session.revoked": "session_ended",
    "id.login.failed": "password_refused",
    "otp.generated": "code_requested",
    "otp.validated": "code_refused",
    "link.refused": "link_refused",
    "id.token.reuse_detected": "token_reused",
    "id.password.changed": "password_changed",
    "id.password.reset.requested": "password_reset_requested",
    "id.password.reset.completed": "password_reset",
    "email_change.requested": "address_change_requested",
    "email_change.undone": "address_change_undone",
    "id.ussd.pin.set": "pin_set",
    "id.ussd.pin.refused": "pin_refused",
    "id.ussd.pin.locked": "pin_locked",
    "id.ussd.pin.reset.requested": "pin_reset_requested",
    "id.ussd.pin.reset.completed": "pin_reset",
    "id.account.locked": "locked",
    "id.account.unlocked": "unlocked",
    "id.account.disabled": "disabled",
    "id.account.enabled": "enabled",
    "id.user.role_given": "role_given",
    "id.consent.granted": "consent_granted",
    "id.consent.withdrawn": "consent_withdrawn",
    "id.consent.renewed": "consent_renewed",
    "id.identity.linked": "identity_linked",
    "id.identity.unlinked": "identity_unlinked",
    "id.user.erasure_asked": "erasure_asked",
    "id.user.erasure_undone": "erasure_undone",
    "gdpr.export_asked": "export_asked",
    "gdpr.exported": "exported",
}
CODE_ACCEPTED: Final = "code_accepted"
SIGN_IN_REFUSED: Final = "sign_in_refused"


class ListActivity(Body, frozen=True):
    """After which row, and how many at most."""

    after: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] = PAGE


class Activity(Answer, frozen=True):
    """Something that happened to the account.

    Address and device are those it was done from, if known; not those of another person who runs the service.
    """

    id: UUID
    at: datetime
    type: str
    what: str
    address: str | None
    device: str | None


class ActivityList(Answer, frozen=True):
    """What happened, newest first; `next` is the `after` of the next page."""

    activity: list[Activity]
    next: str | None


def word_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Return the word for a fact."""
    if kind == CodeTried.type and facts.get("result") == SUCCESS:
        return CODE_ACCEPTED
    if kind == LoginFailed.type and facts.get("reason", WRONG) != WRONG:
        return SIGN_IN_REFUSED
    return WORDS[kind]
