"""What the owner of an account is told of its other sign-ins."""

from datetime import datetime

from watchword.plumbing.ports import Account
from watchword.plumbing.shapes import Answer
from watchword.plumbing.words.dates import moment
from watchword.records.deliveries.rules import Letter
from watchword.records.sessions.rules import device_name


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
    template: str, owner: Account, provider: str, user_agent: str, link: str, now: datetime
) -> Letter:
    """Tell the owner that a way into the account was added, or taken away."""
    facts = {
        "name": owner.given_name,
        "provider": provider,
        "device": device_name(user_agent),
        "at": moment(now, owner.language),
        "link": link,
    }
    return Letter(
        template=f"identities/{template}", to=owner.email, language=owner.language, facts=facts
    )
