"""Whom a service names, and what it is told."""

from uuid import UUID

from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.contact import Contact, phone_number
from watchword.plumbing.faults import refuse_both
from watchword.plumbing.shapes import Answer, Body

Whom = SubscriberId | Contact


class PinToSet(Body, frozen=True):
    """Whose PIN, the PIN to be, and the present one if there is one."""

    pin: str
    current_pin: str | None = None
    user_id: UUID | None = None
    phone: str | None = None
    country: str | None = None


class PinToCheck(Body, frozen=True):
    """Whose PIN, and what was typed."""

    pin: str
    user_id: UUID | None = None
    phone: str | None = None
    country: str | None = None


class PinHolds(Answer, frozen=True):
    """The PIN holds from now on."""

    status: str = "pin_set"


class PinRight(Answer, frozen=True):
    """The PIN was right: whose it is."""

    user_id: str
    status: str = "right"


def whom(body: PinToSet | PinToCheck, country: str) -> Whom:
    """Read whom a service means. Problem: `invalid_input`, also for two ways and for none."""
    refuse_both(userId=str(body.user_id) if body.user_id else None, phone=body.phone)
    if body.user_id is not None:
        return SubscriberId(body.user_id)
    if body.phone is None:
        raise InputInvalid(errors=[FieldError("phone", "missing", "Send userId or phone.")])
    return Contact(phone=phone_number(body.phone, body.country or country))
