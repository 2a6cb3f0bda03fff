"""What the journal and the owner learn of a lock."""

from datetime import datetime

from watchword.plumbing.ports import Account
from watchword.records.deliveries.rules import Letter


def lock_letter(owner: Account, link: str, expires_at: datetime) -> Letter:
    """Tell the owner of the lock, with a link that takes it off."""
    return Letter(
        template="lockout/account_locked",
        to=owner.email,
        language=owner.language,
        facts={"name": owner.given_name, "link": link},
        expires_at=expires_at,
    )
