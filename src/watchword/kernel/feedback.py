"""Feedback: what a carrier tells, by a webhook, of a message that it took.

Post      what came, byte for byte: a signature is over bytes
Report    one thing that a genuine post says
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a message; the label `kind` of `email_feedback_total`."""

    DELIVERY = "delivery"
    FAILURE = "failure"
    SOFT_BOUNCE = "soft_bounce"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post to a webhook: `url` is the door's public address, header names are in small letters."""

    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of one message: `reference` is the carrier's name for it.

    `receipts` are names of this very report: whatever came under one of them is a repetition. A text's
    report has no address: a number is suppressed by nobody.
    """

    receipts: tuple[str, ...]
    reference: str
    address: str | None = field(repr=False)
    outcome: Outcome


class NotGenuine(Exception):
    """The post does not prove that the provider sent it, just now, to us."""


class Unreadable(Exception):
    """The post is the provider's, and says nothing that we understand."""
