"""Social login's doors: who may vouch for somebody, the way there, and the way back."""

from typing import Any

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
)
from watchword.flows.social_login.service import Arrival, SocialLogin
from watchword.kernel.identity import IdentityProviders
from watchword.kernel.problems import NotFound
from watchword.plumbing.shapes import Answer
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get
from watchword.plumbing.web.entry import safe_return
from watchword.records.linked_identities.rules import IdentityLinkedAlready, IdentityTaken
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked

ATTEMPT, NEWCOMER = "attempt", "newcomer"
_LONGEST = 4096


class Offered(Answer, frozen=True):
    """A provider, and where a browser goes to sign in with it."""

    name: str
    title: str
    url: str


class Providers(Answer, frozen=True):
    """Those that somebody may sign in with."""

    providers: list[Offered]


async def tell(call: Call[None]) -> Response:
    """Tell with whom one may sign in."""
    offered = [
        Offered(
            name=each.name, title=each.title, url=f"{call.web.public_url}/auth/oauth/{each.name}"
        )
        for each in call.part(IdentityProviders).each
    ]
    return call.json(Providers(providers=offered))


async def begin(call: Call[None]) -> Response:
    """Send a browser to a provider; `return_to` is where it is to be after the sign-in."""
    wanted = safe_return(call.request.query_params.get("return_to"), "")
    departure = await call.part(SocialLogin).begin(call.request.path_params["provider"], wanted)
    response = call.redirect(departure.address)
    call.web.cookies.put(response, ATTEMPT, departure.attempt, LASTS)
    return response


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
    arrival = await call.part(SocialLogin).arrive(
        back, call.cookie(ATTEMPT), call.caller, call.visitor
    )
    response = inside(call, arrival)
    call.web.cookies.drop(response, ATTEMPT)
    return response


def inside(call: Call[Any], arrival: Arrival) -> Response:
    """Show whoever arrived in; or ask them for their consents first."""
    if arrival.newcomer is not None:
        response = call.redirect("/register/finish")
        call.web.cookies.put(response, NEWCOMER, arrival.newcomer, LASTS)
        return response
    response = call.redirect(safe_return(arrival.return_to))
    return call.let_in(response, arrival.admission) if arrival.admission else response


_BEGIN = {
    "arrival": True,
    "status": 303,
    "problems": (NotFound, OauthUnavailable),
    "query": {"return_to": "Where to be afterwards: a path of this site."},
}
_ARRIVE = {
    "arrival": True,
    "status": 303,
    "who": Who.NOTICED,
    "limits": ("auth",),
    "problems": (
        OauthStateInvalid,
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
    get("/auth/oauth/providers", tell, answer=Providers),
    get("/auth/oauth/{provider}", begin, **_BEGIN),
    get("/auth/oauth/{provider}/callback", arrive, **_ARRIVE),
    get("/auth/callback", arrive, root=True, **_ARRIVE),
    get("/auth/oauth/{provider}", begin, root=True, hidden=True, **_BEGIN),
    get("/auth/oauth/{provider}/callback", arrive, root=True, hidden=True, **_ARRIVE),
]
