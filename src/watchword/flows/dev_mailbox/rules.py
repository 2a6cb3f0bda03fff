"""What the mailbox tells, and how a letter may look at us."""

from typing import TYPE_CHECKING, Any, Final

from watchword.plumbing.house import House
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.settings.server import DEVELOPMENT
from watchword.plumbing.shapes import Answer, Body

# Settings are read without SQLAlchemy, and so are the rules that hold them.
if TYPE_CHECKING:
    from watchword.plumbing.db.dev_messages import DevMessage

TABS: Final = ("html", "text", "source")

LETTER_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}


class Whose(Body, frozen=True):
    """Whose letters; everybody's when empty."""

    to: str | None = None


class CaughtLetter(Answer, frozen=True):
    """A letter that was kept; `link` is the one it wants clicked."""

    id: str
    at: str
    to: str
    subject: str
    template: str
    language: str
    code: str | None
    link: str | None


class Mailbox(Answer, frozen=True):
    """The letters, newest first."""

    messages: list[CaughtLetter]


def enabled(house: House) -> bool:
    """Tell whether there is a mailbox: in development only."""
    return house.part(ServerSettings).environment == DEVELOPMENT


def caught_letter(message: "DevMessage") -> CaughtLetter:
    """Return a letter as a program gets it."""
    return CaughtLetter(
        id=str(message.id),
        at=message.at.isoformat(),
        to=message.to,
        subject=message.subject,
        template=message.template,
        language=message.language,
        code=message.code,
        link=message.link,
    )


def shown(message: "DevMessage") -> dict[str, Any]:
    """Return a letter as a page shows it."""
    return {
        "id": str(message.id),
        "at": message.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "to": message.to,
        "subject": message.subject,
        "code": message.code,
        "kind": message.kind,
    }
