"""What the journal and the owner learn of a lock."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from watchword.kernel.events import SECURITY_EVENT, Fact, Line
from watchword.plumbing.ports import Account
from watchword.records.deliveries.rules import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLockedOut(Fact):
    """Too many wrong guesses: the account refuses more for a while."""

    type: ClassVar[str] = "id.account.locked"

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnlocked(Fact):
    """The owner took the lock off."""

    type: ClassVar[str] = "id.account.unlocked"


def lock_letter(owner: Account, link: str, expires_at: datetime) -> Letter:
    """Tell the owner of the lock, with a link that takes it off."""
    return Letter(
        template="lockout/account_locked",
        to=owner.email,
        language=owner.language,
        facts={"name": owner.given_name, "link": link},
        expires_at=expires_at,
    )
