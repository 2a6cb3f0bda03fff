"""Where somebody says that they are reached, as a body or a form tells it."""

from typing import Any

from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.contact import Contact, PhoneSettings, contact, email_address, phone_number
from watchword.plumbing.settings import TextCarrying
from watchword.plumbing.web.call import Call


def contact_of(
    call: Call[Any], email: str | None, phone: str | None, country: str | None
) -> Contact:
    """Read a mailbox or a number. Problem: `invalid_input`, also for a number where no texts leave."""
    read = contact(email, phone, country or call.part(PhoneSettings).default_country)
    if read.email is None:
        _demand_texts(call, "phone")
    return read


def written_contact(call: Call[Any], text: str, field: str = "contact") -> Contact:
    """Read where a code is to go. Problem: `invalid_input`, also for a number where no texts leave."""
    read = named_contact(call, text, field)
    if read.email is None:
        _demand_texts(call, field)
    return read


def named_contact(call: Call[Any], text: str, field: str) -> Contact:
    """Read what somebody wrote into one field: a mailbox has an @, a number has digits alone."""
    if "@" in text or not any(sign.isdigit() for sign in text):
        return Contact(email=email_address(text, field))
    return Contact(phone=phone_number(text, call.part(PhoneSettings).default_country, field))


def _demand_texts(call: Call[Any], field: str) -> None:
    if not call.part(TextCarrying).leaves:
        told = FieldError(field, "no_texts", "Nobody carries texts here: use an e-mail address.")
        raise InputInvalid(errors=[told])
