"""Feedback: what a carrier tells, by a webhook, of a message that it took.

Post      what came, byte for byte: a signature is over bytes
Heard     what a genuine post says: its reports, and how many pieces of it nobody understood
Report    one thing that it says
"""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a genuine post says.

    `spent`: the receipt that a post leaves though it reports nothing, where its signature is good once and
    does not cover what it says. `unreadable` of its pieces were not understood; `malformed` says that the
    whole was not.
    """

    reports: Sequence[Report] = ()
    spent: str | None = None
    unreadable: int = 0
    malformed: bool = False


class NotGenuine(Exception):
    """The post does not prove that the provider sent it, just now, to us."""


class Unreadable(Exception):
    """The post is the provider's, and says nothing that we understand."""
