"""What the owner of an account is told of its other sign-ins."""

from datetime import datetime

from watchword.kernel.ports import Visitor
from watchword.plumbing.shapes import Answer
from watchword.plumbing.words.dates import moment
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import Letter
from watchword.records.sessions.rules import device_name
from watchword.records.subscribers.rules import Subscriber


class IdentityEntry(Answer, frozen=True):
    """A sign-in with another provider; `label` is what it was known by there when it was linked."""

    id: str
    provider: str
    title: str
    label: str
    linked_at: str
    last_used_at: str


class Identities(Answer, frozen=True):
    """The other sign-ins of an account."""

    identities: list[IdentityEntry]


def notice(
    template: str, owner: Subscriber, provider: str, visitor: Visitor, link: str, now: datetime
) -> Letter:
    """Tell the owner that a way into the account was added, or taken away."""
    language = language_of(owner, visitor)
    facts = {
        "name": owner.given_name,
        "provider": provider,
        "device": device_name(visitor.user_agent),
        "at": moment(now, language),
        "link": link,
    }
    return Letter(template=f"identities/{template}", to=owner.email, language=language, facts=facts)
