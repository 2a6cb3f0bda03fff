"""A message as every carrier takes it: rendered, addressed, ready to leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Names that dashboards and providers' templates know a letter by, where it is not our own.
_KNOWN_AS = {"login/sign_in_code": "otp_verification"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One e-mail: `to` and `sender` are RFC 5322 mailboxes, `id` stays the same over retries.

    `facts` are what it was written from, for carriers that write by a template of their own.
    """

    id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    template: str
    language: str
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = field(default=None, repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text to a telephone: `to` is E.164, `country` the two letters of where it goes."""

    id: str
    to: str
    body: str = field(repr=False)
    template: str
    language: str
    country: str


def known_as(template: str) -> str:
    """Return the name that metrics and providers' templates know a letter by."""
    return _KNOWN_AS.get(template, template.rpartition("/")[2])
