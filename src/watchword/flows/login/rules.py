"""What login says: problems, facts, letters, and what an API client gets."""

from dataclasses import dataclass

from watchword.kernel.flags import Flag
from watchword.kernel.parsing import choice
from watchword.kernel.parts import section, setting
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.times import minutes
from watchword.plumbing.contact import EmailAddress
from watchword.plumbing.ports import Admission, Tokens
from watchword.plumbing.words.languages import language_of
from watchword.records.deliveries.rules import CODE, Letter
from watchword.records.subscribers.rules import Person, Subscriber
from watchword.records.tickets.rules import Purpose, Ticket, TicketSettings

BY_LETTER = Flag("sign_in.code", "People sign in by the code or the link of a letter.")


@section
class LoginSettings:
    """Sign-in."""

    transport: str = setting(
        "SESSION_TRANSPORT",
        "What a JSON sign-in gets unless it asks: tokens, or a cookie.",
        parse=choice("token", "cookie"),
        default="token",
    )


class InvalidCredentials(Problem):
    """The e-mail address or the password is wrong."""

    code = "invalid_credentials"
    kind = Kind.UNAUTHENTICATED


class SignedIn(Tokens, frozen=True):
    """A session: tokens for an API client; a browser has its cookie and gets none."""

    session_id: str
    expires_at: str
    user: Person


def link_path(purpose: Purpose) -> str:
    """Return the page behind the link of a letter: a mailbox that is not yet proven confirms itself first."""
    return "/login/link" if purpose is Purpose.SIGN_IN else "/verify-email"


def code_letter(
    owner: Subscriber,
    purpose: Purpose,
    ticket: Ticket,
    link: str,
    settings: TicketSettings,
    visitor: Visitor,
) -> Letter:
    """Write link and code to a mailbox whose account may use them."""
    facts = {
        "name": owner.given_name,
        "link": link,
        "confirms": purpose is not Purpose.SIGN_IN,
        "code": ticket.code.reveal(),
        "minutes": minutes(settings.code_lifetime),
    }
    return Letter(
        template="login/sign_in_code",
        to=owner.email,
        user_id=owner.id,
        language=language_of(owner, visitor),
        facts=facts,
        priority=CODE,
        expires_at=ticket.code_expires_at,
    )


def no_code_letter(
    owner: Subscriber | None, email: EmailAddress, visitor: Visitor, register: str, ticket: Ticket
) -> Letter:
    """Tell a mailbox why it gets no code: its account is closed, or it has none and may `register`.

    `register` is empty where nobody may just now. As urgent as a code, so that the queue tells nothing.
    """
    return Letter(
        template="login/account_closed" if owner else "login/no_account",
        to=owner.email if owner else email.text,
        user_id=owner.id if owner else None,
        language=language_of(owner, visitor) if owner else visitor.language,
        facts={"name": owner.given_name} if owner else {"email": email.text, "link": register},
        priority=CODE,
        expires_at=ticket.code_expires_at,
    )


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who signed in, and their session; `device` is the token of a device now known."""

    answer: SignedIn
    admission: Admission
    device: str | None
