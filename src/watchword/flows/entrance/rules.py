"""What the journal and the owner learn of a new session."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from watchword.kernel.facts import Fact, Line
from watchword.kernel.ports import Visitor
from watchword.plumbing.ports import Account
from watchword.plumbing.words.dates import moment
from watchword.records.deliveries.rules import Letter
from watchword.records.sessions.rules import device_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreated(Fact):
    """Somebody signed in."""

    type: ClassVar[str] = "id.session.created"
    session_id: UUID
    methods: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Say it where operators look for it."""
        return (Line(message="user logged in"),)


def new_device_letter(owner: Account, visitor: Visitor, link: str, now: datetime) -> Letter:
    """Tell the owner of a sign-in from a device that we had not seen; `link` shows their sessions."""
    facts = {
        "name": owner.given_name,
        "device": device_name(visitor.user_agent),
        "at": moment(now, owner.language),
        "link": link,
    }
    return Letter(
        template="entrance/new_device",
        to=owner.email,
        user_id=owner.id,
        language=owner.language,
        facts=facts,
    )
