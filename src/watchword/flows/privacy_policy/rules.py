"""Whom people can ask, and what the page says of times."""

from typing import Final

from watchword.kernel.parts import section, setting
from watchword.kernel.problems import InputInvalid
from watchword.plumbing.contact import email_address, phone_number

CLINIC: Final = "nova"


def _email(text: str) -> str:
    try:
        return email_address(text).text if text else ""
    except InputInvalid:
        message = "this is not an e-mail address"
        raise ValueError(message) from None


def _phone(text: str) -> str:
    try:
        return phone_number(text, None) if text else ""
    except InputInvalid:
        message = "write a telephone number such as +213555000000"
        raise ValueError(message) from None


@section
class PrivacySettings:
    """Privacy."""

    privacy_email: str = setting(
        "PRIVACY_EMAIL",
        "Where people write about their data; empty is the organisation's mailbox.",
        parse=_email,
        default="",
    )
    officer_email: str = setting(
        "DPO_EMAIL", "The mailbox of the data protection officer.", parse=_email, default=""
    )
    officer_phone: str = setting(
        "DPO_PHONE_E164",
        "The telephone number of the data protection officer; empty is the organisation's.",
        parse=_phone,
        default="",
    )


def audience_of(profile: str) -> str:
    """Return whom a profile's page speaks to."""
    return "patients" if profile == CLINIC else "people"
