"""Social login's pages: the way to a provider from the account, and the consents of a newcomer."""

from typing import Any

from msgspec import field
from starlette.responses import Response

from watchword.flows.social_login.api import ATTEMPT, NEWCOMER, inside
from watchword.flows.social_login.rules import LASTS
from watchword.flows.social_login.service import SocialLogin
from watchword.kernel.problems import Problem
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.records.consents.rules import Purpose
from watchword.records.consents.service import Consents

ACCOUNT_PAGE = "/account/identities"


class LinkForm(Body, frozen=True):
    """With whom to link the account."""

    provider: str


class ConsentForm(Body, frozen=True):
    """What a newcomer allows."""

    processing: bool = field(default=False, name="consents.processing")
    marketing: bool = field(default=False, name="consents.marketing")
    transactional: bool = field(default=False, name="consents.transactional")


async def link(call: Call[LinkForm]) -> Response:
    """Send the browser to a provider, to link the account on the way back.

    A form of ours may not lead elsewhere (CSP, form-action); a page that leads on does.
    """
    back = f"{ACCOUNT_PAGE}?saved=linked"
    departure = await call.part(SocialLogin).begin(call.body.provider, back, call.me)
    page = call.page("social_login/leaving.html", title=departure.title, address=departure.address)
    page.headers["Refresh"] = f"0; url={departure.address}"
    call.web.cookies.put(page, ATTEMPT, departure.attempt, LASTS)
    return page


async def ask(call: Call[Any], problem: Problem | None = None) -> Response:
    """Ask a newcomer for the consents that an account needs."""
    newcomer = call.part(SocialLogin).newcomer(call.cookie(NEWCOMER))
    return call.page(
        "social_login/finish.html",
        email=newcomer.identity.email,
        consents=call.part(Consents).asked(call.language),
        errors=call.faults(problem),
    )


async def agree(call: Call[ConsentForm]) -> Response:
    """Make the account of a newcomer who said what we may do."""
    allowed = [each for each in Purpose if getattr(call.body, each)]
    arrival = await call.part(SocialLogin).agree(call.cookie(NEWCOMER), allowed, call.visitor)
    response = inside(call, arrival)
    call.web.cookies.drop(response, NEWCOMER)
    return response


doors = [
    page_post("/account/identities/link", link, body=LinkForm, who=Who.FRESH),
    page_get("/register/finish", ask),
    page_post("/register/finish", agree, body=ConsentForm, again=ask, limits=("auth",)),
]
