"""What the journal and the owner learn of a lock."""

from datetime import datetime

from watchword.kernel.facts import Fact
from watchword.kernel.ids import SubscriberId
from watchword.plumbing.ports import Account
from watchword.records.deliveries.rules import Letter
from watchword.records.guesses.rules import CODE, CodesRefused
from watchword.records.subscribers.rules import GUESSES, SubscriberLocked


def lock_fact(kind: str, user_id: SubscriberId | None) -> Fact:
    """Return what happened: wrong codes shut nobody out of their password, so they lock no account."""
    if kind == CODE:
        return CodesRefused(user_id=user_id)
    return SubscriberLocked(user_id=user_id, by=GUESSES)


def lock_letter(owner: Account, link: str, expires_at: datetime) -> Letter:
    """Tell the owner of the lock, with a link that takes it off."""
    return Letter(
        template="lockout/account_locked",
        to=owner.email,
        user_id=owner.id,
        language=owner.language,
        facts={"name": owner.given_name, "link": link},
        expires_at=expires_at,
    )
