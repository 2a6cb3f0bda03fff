"""What is taken and told of consents, and the token of an unsubscribe link."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Peppers, Secret, token_entropy, token_from, token_version
from watchword.plumbing.shapes import Answer, Body
from watchword.records.consents.rules import Act, Purpose, Standing

MOST: Final = 100
LAST: Final = 2**31 - 1
_KIND: Final = "u"
_PROOF: Final = 16


class GiveConsent(Body, frozen=True):
    """Which purpose to allow; `version` of the text that was shown, and its language."""

    purpose: str
    version: int | None = None
    language: str | None = None


class WithdrawConsent(Body, frozen=True):
    """Which purpose to allow no longer."""

    purpose: str


class RenewConsents(Body, frozen=True):
    """Which purpose to renew; without one, all that are due."""

    purpose: str | None = None
    language: str | None = None


class ListActs(Body, frozen=True):
    """Acts before a number, at most so many."""

    before: Annotated[int, Meta(ge=1, le=LAST)] = LAST
    limit: Annotated[int, Meta(ge=1, le=MOST)] = MOST


class OneClick(Body, frozen=True):
    """What a mail program posts (RFC 8058, section 3.2)."""

    list_unsubscribe: str


class ConsentEntry(Answer, frozen=True):
    """What holds for one purpose; `current_version` is that of today's text."""

    purpose: str
    given: bool
    renewal_required: bool
    since: datetime | None
    ends_at: datetime | None
    text_version: int | None
    language: str | None
    current_version: int


class ConsentList(Answer, frozen=True):
    """What holds for every purpose."""

    consent_renewal_required: bool
    consents: tuple[ConsentEntry, ...]


class ActEntry(Answer, frozen=True):
    """One act; `value` is whether the purpose was allowed from then on."""

    number: int
    at: datetime
    purpose: str
    act: str
    value: bool
    text_version: int
    language: str
    ip: str
    channel: str


class ConsentHistory(Answer, frozen=True):
    """Acts, the newest first; `next` is the `before` of the page after."""

    acts: tuple[ActEntry, ...]
    next: int | None


class ConsentText(Answer, frozen=True):
    """What one agrees to; `required`: without it there is no account."""

    purpose: str
    version: int
    required: bool
    text: str


class ConsentTextList(Answer, frozen=True):
    """Today's texts."""

    language: str
    texts: tuple[ConsentText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody whom a renewal waits for; `ends_at` is the first end of these."""

    user_id: SubscriberId
    email: str
    name: str
    language: str
    purposes: tuple[Purpose, ...]
    ends_at: datetime


def purpose_of(text: str) -> Purpose:
    """Read a purpose. Problem: `invalid_input`."""
    try:
        return Purpose(text)
    except ValueError:
        message = f"Choose one of: {', '.join(Purpose)}."
        raise InputInvalid(errors=[FieldError("purpose", "invalid", message)]) from None


def entry_of(found: Standing, current_version: int) -> ConsentEntry:
    """Tell what holds for a purpose."""
    return ConsentEntry(
        purpose=found.purpose,
        given=found.given,
        renewal_required=found.renewal_required,
        since=found.since,
        ends_at=found.ends_at,
        text_version=found.text_version,
        language=found.language,
        current_version=current_version,
    )


def history_of(acts: Sequence[Act], size: int) -> ConsentHistory:
    """Tell of acts, of which there are more when there is one beyond the size."""
    shown = acts[:size]
    return ConsentHistory(
        acts=tuple(_entry(act) for act in shown),
        next=shown[-1].number if len(acts) > size else None,
    )


def _entry(act: Act) -> ActEntry:
    return ActEntry(
        number=act.number,
        at=act.at,
        purpose=act.purpose,
        act=act.deed,
        value=act.value,
        text_version=act.text_version,
        language=act.language,
        ip=act.address,
        channel=act.channel,
    )


def unsubscribe_token(peppers: Peppers, user_id: SubscriberId) -> Secret:
    """Return the token that ends somebody's marketing letters, and does nothing else."""
    proof = _proof(peppers, user_id, peppers.current)
    return token_from(_KIND, peppers.current, user_id.bytes + proof)


def read_unsubscribe_token(peppers: Peppers, text: str) -> SubscriberId | None:
    """Return whose token it is; nothing when we did not make it."""
    version = token_version(_KIND, text)
    if version is None or version not in peppers.keys:
        return None
    spelt = token_entropy(text)
    if spelt is None:
        return None
    user_id = SubscriberId(UUID(bytes=spelt[:_PROOF]))
    good = hmac.compare_digest(spelt[_PROOF:], _proof(peppers, user_id, version))
    return user_id if good else None


def _proof(peppers: Peppers, user_id: SubscriberId, version: int) -> bytes:
    whole = peppers.digest("unsubscribe", Purpose.MARKETING, user_id.bytes, version=version)
    return whole[:_PROOF]
