"""The page where a code is typed: it can be opened anew, for where the code went is remembered.

    a form sent the code        -> the page, and the address in a cookie for a quarter of an hour
    the page is opened (GET)    -> the same page: after another language, another theme, a reload
    the code was right          -> the cookie goes

The address is the one that this browser typed; it tells nothing of an account. It is in no path, of which
histories and logs keep copies.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from watchword.kernel.problems import InputInvalid
from watchword.plumbing.contact import email_address, phone_number
from watchword.plumbing.web.call import Call

COOKIE: Final = "mailbox"
REMEMBERED_FOR = timedelta(minutes=15)
RESEND_AFTER: Final = 60  # seconds until the page offers to send another code


def remember(call: Call[Any], response: Response, contact: str) -> Response:
    """Remember which mailbox, or which number, a code went to, if it is one."""
    address = _read(contact)
    if address:
        value = urlsafe_b64encode(address.encode()).decode()
        call.web.cookies.put(response, COOKIE, value, REMEMBERED_FOR)
    return response


def remembered(call: Call[Any]) -> str:
    """Return which mailbox a code went to; else nothing."""
    contact = remembered_contact(call)
    return contact if "@" in contact else ""


def remembered_contact(call: Call[Any]) -> str:
    """Return which mailbox, or which number, a code went to; else nothing."""
    try:
        return _read(urlsafe_b64decode((call.cookie(COOKIE) or "").encode()).decode())
    except ValueError:
        return ""


def forget(call: Call[Any], response: Response) -> Response:
    """Forget where the code went: it was right."""
    if call.cookie(COOKIE) is not None:
        call.web.cookies.drop(response, COOKIE)
    return response


def _read(text: str) -> str:
    """Return a mailbox as its owner writes it, or a number as E.164; else nothing."""
    try:
        return phone_number(text, None) if text.startswith("+") else email_address(text).text
    except InputInvalid:
        return ""
