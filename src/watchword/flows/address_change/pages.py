"""Address change's doors for people: a page of the account, and those behind the two links."""

from typing import Any

from starlette.responses import Response

from watchword.flows.address_change.rules import wanted_address
from watchword.flows.address_change.service import AddressChange
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.plumbing.web.entry import error_page
from watchword.plumbing.web.link_page import link_page
from watchword.records.subscribers.rules import EmailTaken
from watchword.records.tickets.rules import Purpose


class EmailForm(Body, frozen=True):
    """The address to be."""

    new_email: str


class CodeForm(Body, frozen=True):
    """The code that the new mailbox got; `new_email` only tells the page what to say."""

    code: str
    new_email: str = ""


class LinkForm(Body, frozen=True):
    """The token of a link."""

    token: str


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the address, and the form that asks for another."""
    return _email_page(call, problem=problem)


async def begin(call: Call[EmailForm]) -> Response:
    """Write to both mailboxes, and show where to type the code."""
    email = wanted_address(call.body.new_email, call.me.email)
    await call.part(AddressChange).begin(call.me, email, None, call.visitor)
    return _email_page(call, pending=email.text)


async def confirm_by_code(call: Call[CodeForm]) -> Response:
    """Confirm the new address by its code."""
    code = Secret(call.body.code)
    address = await call.part(AddressChange).confirm_by_code(call.me, code, call.visitor)
    return call.page("address_change/done.html", email=address, undone=False)


async def code_again(call: Call[CodeForm], problem: Problem) -> Response:
    """Show where to type the code once more."""
    return _email_page(call, pending=call.form.get("newEmail", ""), problem=problem)


async def show_confirm(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that confirms; opening the page spends nothing."""
    return await _link_page(call, Purpose.EMAIL_CHANGE, "address_change/confirm.html", problem)


async def confirm(call: Call[LinkForm]) -> Response:
    """Confirm the new address by its link."""
    address = await call.part(AddressChange).confirm(Secret(call.body.token), call.visitor)
    return call.page("address_change/done.html", email=address, undone=False)


async def show_undo(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that takes the change back; opening the page spends nothing."""
    return await _link_page(call, Purpose.EMAIL_CHANGE_UNDO, "address_change/undo.html", problem)


async def undo(call: Call[LinkForm]) -> Response:
    """Take the change back."""
    address = await call.part(AddressChange).undo(Secret(call.body.token), call.visitor)
    response = call.page("address_change/done.html", email=address, undone=True)
    return call.let_out(response)


def _email_page(call: Call[Any], pending: str = "", problem: Problem | None = None) -> Response:
    return call.page(
        "address_change/email.html",
        email=call.me.email,
        pending_email=pending,
        errors=call.faults(problem),
    )


async def _link_page(
    call: Call[Any], purpose: Purpose, template: str, problem: Problem | None
) -> Response:
    if isinstance(problem, EmailTaken):
        return error_page(call, problem)

    async def look(token: Secret) -> dict[str, Any]:
        change = await call.part(AddressChange).look(purpose, token)
        return {"email": change.old, "new_email": change.new}

    return await link_page(call, template, look, problem)


doors = [
    page_get("/account/email", show, who=Who.FRESH),
    page_post("/account/email", begin, body=EmailForm, again=show, who=Who.FRESH),
    page_post(
        "/account/email/code",
        confirm_by_code,
        body=CodeForm,
        again=code_again,
        who=Who.SUBSCRIBER,
        limits=("auth",),
    ),
    page_get("/change-email/confirm", show_confirm),
    page_post("/change-email/confirm", confirm, body=LinkForm, again=show_confirm),
    page_get("/change-email/undo", show_undo),
    page_post("/change-email/undo", undo, body=LinkForm, again=show_undo),
]
