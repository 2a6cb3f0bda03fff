"""Social login's door for programs: who may vouch for somebody."""

from starlette.responses import Response

from watchword.plumbing.offering import Offering
from watchword.plumbing.shapes import Answer
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import get


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
        for each in call.part(Offering).to(call.visitor.network).each
    ]
    return call.json(Providers(providers=offered))


doors = [get("/auth/oauth/providers", tell, answer=Providers)]
