"""The inner door: what stands at METRICS_PORT and WORKER_METRICS_PORT, for those who run the service.

/metrics tells all that is counted, /metrics/email-provider of letters alone, /health every part, in full,
and /live that the process answers.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from watchword.app.wiring import House
from watchword.kernel.problems import Unauthenticated
from watchword.operations.health.api import Alive
from watchword.operations.health.service import Health
from watchword.operations.metrics.api import scraped, scraped_of_letters
from watchword.plumbing.shapes import to_json
from watchword.plumbing.web.problems import problem_response


def inner_app(house: House) -> Router:
    """Return the doors of this house for those who run it."""

    async def metrics(request: Request) -> Response:
        try:
            return scraped(house, request)
        except Unauthenticated as problem:
            return problem_response(problem, "")

    async def letters(request: Request) -> Response:
        try:
            return await scraped_of_letters(house, request)
        except Unauthenticated as problem:
            return problem_response(problem, "")

    async def health(_request: Request) -> Response:
        service = house.part(Health)
        findings = await service.look_at_sign_in()
        return _json(to_json(await service.report(findings)), 200 if findings.ready else 503)

    async def live(_request: Request) -> Response:
        return _json(to_json(Alive()))

    return Router(
        [
            Route("/metrics", metrics),
            Route("/metrics/email-provider", letters),
            Route("/health", health),
            Route("/live", live),
        ]
    )


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")
