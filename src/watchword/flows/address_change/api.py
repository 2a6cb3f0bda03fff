"""Address change's doors for programs."""

from starlette.responses import Response

from watchword.flows.address_change.rules import wanted_address
from watchword.flows.address_change.service import AddressChange
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.faults import refuse_both
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked, EmailTaken
from watchword.records.tickets.rules import LINK_PROBLEMS, CodeInvalid


class ChangeEmail(Body, frozen=True):
    """The address to be; a password that is sent along must be right."""

    new_email: str
    password: str | None = None


class ConfirmEmail(Body, frozen=True):
    """The token of the link; or, while signed in, the code of the same letter."""

    ways = (("token",), ("code",))

    token: str | None = None
    code: str | None = None


class UndoEmail(Body, frozen=True):
    """The token of the link in the notice."""

    token: str


class ChangeAccepted(Answer, frozen=True):
    """The request was taken; the mailboxes learn the rest."""

    status: str = "accepted"


class EmailChanged(Answer, frozen=True):
    """The address that the account has now."""

    email: str
    status: str = "email_changed"


class EmailRestored(Answer, frozen=True):
    """The old address is back; a letter tells how to choose a new password."""

    email: str
    status: str = "email_restored"


async def begin(call: Call[ChangeEmail]) -> Response:
    """Ask for another address; the new mailbox has to confirm, the old one may undo."""
    email = wanted_address(call.body.new_email, call.me.email)
    password = Secret(call.body.password) if call.body.password is not None else None
    await call.part(AddressChange).begin(call.me, email, password, call.visitor)
    return call.json(ChangeAccepted(), 202)


async def confirm(call: Call[ConfirmEmail]) -> Response:
    """Confirm the new address by the link or, while signed in, by the code of its letter."""
    change = call.part(AddressChange)
    refuse_both(token=call.body.token, code=call.body.code)
    if call.body.token is not None:
        address = await change.confirm(Secret(call.body.token), call.visitor)
    elif call.body.code is not None:
        address = await change.confirm_by_code(call.me, Secret(call.body.code), call.visitor)
    else:
        raise InputInvalid(errors=[FieldError("token", "missing", "Send token, or code.")])
    return call.json(EmailChanged(email=address))


async def undo(call: Call[UndoEmail]) -> Response:
    """Take the change back: the old address, no session, no password until a new one is chosen."""
    address = await call.part(AddressChange).undo(Secret(call.body.token), call.visitor)
    return call.json(EmailRestored(email=address))


doors = [
    post(
        "/auth/change-email",
        begin,
        body=ChangeEmail,
        answer=ChangeAccepted,
        status=202,
        who=Who.FRESH,
        problems=(TooManyAttempts,),
    ),
    post(
        "/auth/change-email/confirm",
        confirm,
        body=ConfirmEmail,
        answer=EmailChanged,
        who=Who.NOTICED,
        problems=(*LINK_PROBLEMS, CodeInvalid, EmailTaken, AccountLocked, AccountDisabled),
    ),
    post(
        "/auth/change-email/undo",
        undo,
        body=UndoEmail,
        answer=EmailRestored,
        problems=(*LINK_PROBLEMS, EmailTaken),
    ),
]
