"""Login's doors for people: they work without JavaScript."""

from typing import Any

from starlette.responses import Response

from watchword.flows.login.rules import BY_LETTER, InvalidCredentials, Welcome
from watchword.flows.login.service import Login
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import email_address
from watchword.plumbing.flags import Flags, NotOffered
from watchword.plumbing.offering import Offering
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.code_page import RESEND_AFTER, forget, remember, remembered
from watchword.plumbing.web.contact import named_contact
from watchword.plumbing.web.doors import page_get, page_post
from watchword.plumbing.web.entry import safe_return
from watchword.plumbing.web.link_page import link_page
from watchword.records.sessions.rules import COOKIE
from watchword.records.subscribers.rules import NEW_ACCOUNTS, AccountPending
from watchword.records.tickets.rules import Purpose


class PasswordForm(Body, frozen=True):
    """The sign-in form; a proven telephone number does as well as the mailbox."""

    email: str
    password: str
    return_to: str = ""


class CodeRequestForm(Body, frozen=True):
    """Where to send a code."""

    email: str
    return_to: str = ""


class CodeForm(Body, frozen=True):
    """The code that came; `purpose` tells a registration's from a sign-in's."""

    email: str
    code: str
    purpose: str = "sign_in"
    return_to: str = ""


class LinkForm(Body, frozen=True):
    """The token of a sign-in link."""

    token: str


async def home(call: Call[None]) -> Response:
    """Send people to their account, or to the sign-in page."""
    return call.redirect("/account" if call.caller else "/login")


async def show(call: Call[None], problem: Problem | None = None) -> Response:
    """Show the sign-in page, with what is offered just now."""
    flags = call.part(Flags)
    return call.page(
        "login/login.html",
        return_to=_wanted(call),
        providers=call.part(Offering).to(call.visitor.network).offered,
        by_letter=flags.possible(BY_LETTER),
        newcomers=flags.possible(NEW_ACCOUNTS),
        errors=call.faults(problem),
    )


async def submit(call: Call[PasswordForm]) -> Response:
    """Sign in by password and go where the person wanted to go."""
    whose = named_contact(call, call.body.email, "email")
    try:
        welcome = await call.part(Login).by_password(
            whose, Secret(call.body.password), call.visitor, COOKIE
        )
    except AccountPending:
        if whose.email is None:
            raise
        await call.part(Login).send_code(whose.email, call.visitor, Purpose.VERIFY_EMAIL)
        return _code_page(call, whose.text, Purpose.VERIFY_EMAIL)
    return _inside(call, welcome)


async def ask_for_code(call: Call[None], problem: Problem | None = None) -> Response:
    """Show where one asks for a code, while anybody may."""
    if not call.part(Flags).possible(BY_LETTER):
        raise NotOffered
    return call.page(
        "login/code_request.html", return_to=_wanted(call), errors=call.faults(problem)
    )


async def send_code(call: Call[CodeRequestForm]) -> Response:
    """Send a code and show where to type it."""
    email = email_address(call.body.email)
    await call.part(Login).send_code(email, call.visitor)
    return _code_page(call, email.text, Purpose.SIGN_IN)


async def show_code(call: Call[None]) -> Response:
    """Show where to type a code that is on its way; else where one asks for it."""
    email = remembered(call)
    if not email:
        return call.redirect("/login/code")
    return _code_page(call, email, _purpose(call.request.query_params.get("purpose")))


async def submit_code(call: Call[CodeForm]) -> Response:
    """Sign in by a code."""
    email = email_address(call.body.email)
    welcome = await call.part(Login).by_code(
        email, Secret(call.body.code), call.visitor, COOKIE, _purpose(call.body.purpose)
    )
    return forget(call, _inside(call, welcome))


async def code_again(call: Call[CodeForm], problem: Problem) -> Response:
    """Show the code page once more."""
    purpose = _purpose(call.form.get("purpose"))
    return _code_page(call, call.form.get("email", ""), purpose, problem)


async def show_link(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show whose account a link opens, and the button; opening the page spends nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        present = call.caller.email if call.caller else None
        return {"email": await call.part(Login).whose(token), "present": present}

    return await link_page(call, "login/link.html", look, problem)


async def submit_link(call: Call[LinkForm]) -> Response:
    """Sign in by a link, in the browser where it was opened."""
    welcome = await call.part(Login).by_link(Secret(call.body.token), call.visitor, COOKIE)
    return call.let_in(call.redirect("/account"), welcome.admission)


def _wanted(call: Call[Any]) -> str:
    """Return where the person wanted to go, by the form or the address of the page; else nothing."""
    told = call.form.get("return_to") or call.request.query_params.get("return_to")
    return safe_return(told, "")


def _purpose(told: str | None) -> Purpose:
    """Return what a code is for, as a form or the address of the page says."""
    return Purpose.VERIFY_EMAIL if told == Purpose.VERIFY_EMAIL else Purpose.SIGN_IN


def _inside(call: Call[PasswordForm] | Call[CodeForm], welcome: Welcome) -> Response:
    response = call.redirect(safe_return(call.body.return_to))
    return call.let_in(response, welcome.admission, welcome.device)


def _code_page(
    call: Call[Any],
    email: str,
    purpose: Purpose,
    problem: Problem | None = None,
) -> Response:
    page = call.page(
        "login/code.html",
        email=email,
        purpose=purpose.value,
        resend_in=0 if problem or not call.form else RESEND_AFTER,
        return_to=_wanted(call),
        errors=call.faults(problem),
    )
    return remember(call, page, email)


doors = [
    page_get("/", home, hidden=True),
    page_get("/login", show),
    page_post(
        "/login",
        submit,
        body=PasswordForm,
        again=show,
        limits=("auth",),
        problems=(InvalidCredentials,),
    ),
    page_get("/login/code", ask_for_code),
    page_post("/login/code", send_code, body=CodeRequestForm, again=ask_for_code, limits=("otp",)),
    page_get("/login/code/verify", show_code),
    page_post("/login/code/verify", submit_code, body=CodeForm, again=code_again, limits=("auth",)),
    page_get("/login/link", show_link),
    page_post("/login/link", submit_link, body=LinkForm, again=show_link, limits=("auth",)),
]
