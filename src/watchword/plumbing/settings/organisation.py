"""Whose service this is: what letters and pages tell of it."""

from dataclasses import dataclass

from watchword.kernel.parts import section, setting
from watchword.kernel.unseen import UNSEEN
from watchword.plumbing.settings.parsers import mailbox, telephone


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose pages and letters these are."""

    name: str
    logo_url: str | None = None
    email: str = ""
    phone: str = ""
    address: str = ""
    support: str = ""

    @property
    def help(self) -> str:
        """Return the mailbox where people ask for help, if there is one."""
        return self.support or self.email


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
        parse=telephone,
        default="",
        aliases=("ORG_PHONE_E164",),
    )
    email: str = setting(
        "CLINIC_EMAIL", "Its mailbox.", parse=mailbox, default="", aliases=("ORG_EMAIL",)
    )
    address: str = setting(
        "CLINIC_ADDRESS", "Where it is.", parse=_seen, default="", aliases=("ORG_ADDRESS",)
    )

    support: str = setting(
        "SUPPORT_EMAIL",
        "The mailbox where people ask for help, in letters and on error pages; empty is CLINIC_EMAIL.",
        parse=mailbox,
        default="",
    )

    def organisation(self) -> Organisation:
        """Return it as letters and pages see it."""
        return Organisation(
            name=self.name,
            email=self.email,
            phone=self.phone,
            address=self.address,
            support=self.support,
        )
