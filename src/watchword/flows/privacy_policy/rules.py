"""Whom people can ask, and what the page says of times."""

from typing import Final

from watchword.kernel.parts import section, setting
from watchword.plumbing.settings.parsers import mailbox, telephone

CLINIC: Final = "nova"


@section
class PrivacySettings:
    """Privacy."""

    privacy_email: str = setting(
        "PRIVACY_EMAIL",
        "Where people write about their data; empty is the organisation's mailbox.",
        parse=mailbox,
        default="",
    )
    officer_email: str = setting(
        "DPO_EMAIL", "The mailbox of the data protection officer.", parse=mailbox, default=""
    )
    officer_phone: str = setting(
        "DPO_PHONE_E164",
        "The telephone number of the data protection officer; empty is the organisation's.",
        parse=telephone,
        default="",
    )


def audience_of(profile: str) -> str:
    """Return whom a profile's page speaks to."""
    return "patients" if profile == CLINIC else "people"
