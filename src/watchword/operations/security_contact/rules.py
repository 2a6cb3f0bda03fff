"""The contact, and the file that tells it."""

from datetime import datetime, timedelta
from typing import Final

from watchword.kernel.parts import section, setting
from watchword.plumbing.settings.parsers import mailbox
from watchword.plumbing.words.languages import LANGUAGES

PATH: Final = "/.well-known/security.txt"
GOOD_FOR: Final = timedelta(days=90)


@section
class ContactSettings:
    """Contacts."""

    security: str = setting(
        "SECURITY_EMAIL",
        "Where people report a weakness; empty is the organisation's mailbox.",
        parse=mailbox,
        default="",
    )


def security_txt(contact: str, public_url: str, now: datetime) -> str:
    """Write the file (RFC 9116, section 2.5)."""
    expires = (now + GOOD_FOR).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return (
        f"Contact: mailto:{contact}\n"
        f"Expires: {expires}\n"
        f"Canonical: {public_url}{PATH}\n"
        f"Preferred-Languages: {', '.join(LANGUAGES)}\n"
    )
