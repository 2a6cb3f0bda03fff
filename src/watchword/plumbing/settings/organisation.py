"""Whose service this is: what letters and pages tell of it."""

from dataclasses import dataclass

from watchword.kernel.parts import section, setting
from watchword.kernel.problems import InputInvalid
from watchword.kernel.unseen import UNSEEN
from watchword.plumbing.contact import email_address, phone_number


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose pages and letters these are."""

    name: str
    logo_url: str | None = None
    email: str = ""
    phone: str = ""
    address: str = ""


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


def _seen(text: str) -> str:
    if UNSEEN.search(text) or not text.replace("\n", "").isprintable():
        message = "it holds signs that nobody sees, or that turn the order of others: write it anew"
        raise ValueError(message)
    return text


@section
class OrganisationSettings:
    """The organisation."""

    name: str = setting(
        "CLINIC_NAME",
        "Its name, in letters and on pages.",
        parse=_seen,
        default="Watchword",
        aliases=("ORG_NAME",),
    )
    phone: str = setting(
        "CLINIC_PHONE_E164",
        "Its telephone number (E.164).",
        parse=_phone,
        default="",
        aliases=("ORG_PHONE_E164",),
    )
    email: str = setting(
        "CLINIC_EMAIL", "Its mailbox.", parse=_email, default="", aliases=("ORG_EMAIL",)
    )
    address: str = setting(
        "CLINIC_ADDRESS", "Where it is.", parse=_seen, default="", aliases=("ORG_ADDRESS",)
    )

    def organisation(self) -> Organisation:
        """Return it as letters and pages see it."""
        return Organisation(
            name=self.name, email=self.email, phone=self.phone, address=self.address
        )
