"""A message as every carrier takes it: rendered, addressed, ready to leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CODE, NOTICE, BULK = 1, 5, 9  # how urgent


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One e-mail: `to` and `sender` are RFC 5322 mailboxes, `id` stays the same over retries.

    `known_as` is what metrics and providers' templates call the letter; `facts` are what it was written
    from, `org` (whose letter it is) among them, for carriers that write by a template of their own. `needs`
    is the consent without which it may not leave, by its purpose; `good_until` is when what it tells
    holds no longer.
    """

    id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    template: str
    known_as: str
    language: str
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = field(default=None, repr=False)
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    needs: str | None = None
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text to a telephone: `to` is E.164, `country` the two letters of where it goes."""

    id: str
    to: str
    body: str = field(repr=False)
    template: str
    language: str
    country: str
