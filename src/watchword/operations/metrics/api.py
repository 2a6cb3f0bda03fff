"""The door for Prometheus; at METRICS_PORT `app` answers the same."""

from starlette.requests import Request
from starlette.responses import Response

from watchword.kernel.problems import Unauthenticated
from watchword.operations.metrics.rules import may_scrape
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.house import House
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import get

LETTERS = ("email_", "emails_")
TEXT = "text/plain; version=0.0.4; charset=utf-8"


async def tell(call: Call[None]) -> Response:
    """Tell Prometheus everything."""
    return scraped(call.web.house, call.request)


def scraped(house: House, request: Request, *begins: str) -> Response:
    """Answer a scrape, on whichever port it came. Problem: `Unauthenticated`."""
    token = house.part(ServerSettings).metrics_token
    if not may_scrape(token, request.headers.get("authorization", "")):
        raise Unauthenticated(private="a scrape without the token")
    told = house.part(Metrics).exposition(*begins)
    return Response(told, media_type=TEXT, headers={"Cache-Control": "no-store"})


async def tell_of_letters(call: Call[None]) -> Response:
    """Tell Prometheus of letters alone; 503 while no carrier takes any, so that the scrape is down."""
    return await scraped_of_letters(call.web.house, call.request)


async def scraped_of_letters(house: House, request: Request) -> Response:
    """Answer a scrape of the job `email-provider`. Problem: `Unauthenticated`."""
    answer = scraped(house, request, *LETTERS)
    carriers = await house.part(Mailing).standing()
    if not any(each.available for each in carriers):
        answer.status_code = 503
    return answer


def enabled(house: House) -> bool:
    """Tell whether metrics are told at the service's own port."""
    server = house.part(ServerSettings)
    return server.metrics_enabled and not server.metrics_port


doors = [
    get(
        "/metrics",
        tell,
        root=True,
        probe=True,
        limits=(),
        media_type=TEXT,
        problems=(Unauthenticated,),
    ),
    get(
        "/metrics/email-provider",
        tell_of_letters,
        root=True,
        probe=True,
        limits=(),
        media_type=TEXT,
        problems=(Unauthenticated,),
    ),
]
