"""Social login's pages: the way to a provider and back, and the consents of a newcomer.

Browsers come to `begin` and `arrive` from elsewhere; for what is wrong, programs get problem+json.
"""

from typing import Any

from msgspec import field
from starlette.responses import Response

from watchword.flows.social_login.rules import (
    LASTS,
    OauthAccountExists,
    OauthDeclined,
    OauthEmailUnverified,
    OauthRefused,
    OauthStateInvalid,
    OauthUnavailable,
    Returned,
    is_mark,
    mark_of,
)
from watchword.flows.social_login.service import Arrival, Departure, SocialLogin
from watchword.kernel.problems import NotFound, Problem
from watchword.plumbing.flags import NotOffered
from watchword.plumbing.shapes import Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get, page_get, page_post
from watchword.plumbing.web.entry import safe_return
from watchword.records.consents.rules import Purpose
from watchword.records.consents.service import Consents
from watchword.records.linked_identities.rules import IdentityLinkedAlready, IdentityTaken
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked

ATTEMPT, NEWCOMER = "attempt", "newcomer"
ACCOUNT_PAGE = "/account/identities"
_LONGEST = 4096


class LinkForm(Body, frozen=True):
    """With whom to link the account."""

    provider: str


class ConsentForm(Body, frozen=True):
    """What a newcomer allows."""

    processing: bool = field(default=False, name="consents.processing")
    marketing: bool = field(default=False, name="consents.marketing")
    transactional: bool = field(default=False, name="consents.transactional")


async def begin(call: Call[None]) -> Response:
    """Send a browser to a provider; `return_to` is where it is to be after the sign-in."""
    wanted = safe_return(call.request.query_params.get("return_to"), "")
    departure = await call.part(SocialLogin).begin(
        call.request.path_params["provider"], wanted, _under_way(call), call.visitor
    )
    response = call.redirect(departure.address)
    _remember(call, response, departure)
    return response


def _under_way(call: Call[Any]) -> dict[str, str]:
    """Return the attempts that the browser keeps, by their marks: each tab has its own."""
    front = call.web.cookies.name(f"{ATTEMPT}-")
    kept = call.request.cookies.items()
    named = ((name.removeprefix(front), each) for name, each in kept if name.startswith(front))
    return {mark: each for mark, each in named if is_mark(mark)}


def _remember(call: Call[Any], response: Response, departure: Departure) -> None:
    for mark in departure.crowded_out:
        call.web.cookies.drop(response, f"{ATTEMPT}-{mark}")
    call.web.cookies.put(response, f"{ATTEMPT}-{departure.mark}", departure.attempt, LASTS)


async def arrive(call: Call[None]) -> Response:
    """Let somebody in, or link them, who comes back from a provider."""
    asked = call.request.query_params
    back = Returned(
        provider=call.request.path_params.get("provider"),
        state=asked.get("state", "")[:_LONGEST],
        code=asked.get("code", "")[:_LONGEST],
        issuer=asked.get("iss"),
        error=asked.get("error", "")[:_LONGEST],
    )
    attempt = f"{ATTEMPT}-{mark_of(back.state)}"
    arrival = await call.part(SocialLogin).arrive(
        back, call.cookie(attempt), call.caller, call.visitor
    )
    response = _inside(call, arrival)
    call.web.cookies.drop(response, attempt)
    return response


def _inside(call: Call[Any], arrival: Arrival) -> Response:
    """Show whoever arrived in; or ask them for their consents first."""
    if arrival.newcomer is not None:
        response = call.redirect("/register/finish")
        call.web.cookies.put(response, NEWCOMER, arrival.newcomer, LASTS)
        return response
    response = call.redirect(safe_return(arrival.return_to))
    return call.let_in(response, arrival.admission) if arrival.admission else response


async def link(call: Call[LinkForm]) -> Response:
    """Send the browser to a provider, to link the account on the way back.

    A form of ours may not lead elsewhere (CSP, form-action); a page that leads on does.
    """
    back = f"{ACCOUNT_PAGE}?saved=linked"
    departure = await call.part(SocialLogin).begin(
        call.body.provider, back, _under_way(call), call.visitor, call.me
    )
    page = call.page("social_login/leaving.html", title=departure.title, address=departure.address)
    page.headers["Refresh"] = f"0; url={departure.address}"
    _remember(call, page, departure)
    return page


async def ask(call: Call[Any], problem: Problem | None = None) -> Response:
    """Ask a newcomer for the consents that an account needs."""
    if isinstance(problem, OauthStateInvalid):
        raise problem
    try:
        newcomer = call.part(SocialLogin).newcomer(call.cookie(NEWCOMER))
    except Problem as nobody:
        raise problem or nobody from None
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
    response = _inside(call, arrival)
    call.web.cookies.drop(response, NEWCOMER)
    return response


_BEGIN = {
    "arrival": True,
    "status": 303,
    "problems": (NotFound, NotOffered, OauthUnavailable),
    "query": {"return_to": "Where to be afterwards: a path of this site."},
}
_ARRIVE = {
    "arrival": True,
    "status": 303,
    "who": Who.NOTICED,
    "limits": ("auth",),
    "problems": (
        OauthStateInvalid,
        NotOffered,
        OauthRefused,
        OauthDeclined,
        OauthEmailUnverified,
        AccountLocked,
        AccountDisabled,
        NotFound,
        OauthAccountExists,
        IdentityTaken,
        IdentityLinkedAlready,
        TooManyAttempts,
        OauthUnavailable,
    ),
}

doors = [
    get("/auth/oauth/{provider}", begin, **_BEGIN),
    get("/auth/oauth/{provider}/callback", arrive, **_ARRIVE),
    get("/auth/callback", arrive, root=True, **_ARRIVE),
    get("/auth/oauth/{provider}", begin, root=True, hidden=True, **_BEGIN),
    get("/auth/oauth/{provider}/callback", arrive, root=True, hidden=True, **_ARRIVE),
    page_post("/account/identities/link", link, body=LinkForm, who=Who.FRESH),
    page_get("/register/finish", ask),
    page_post("/register/finish", agree, body=ConsentForm, again=ask, limits=("auth",)),
]
