"""The ASGI application: every slice's doors at their paths, behind the front."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from watchword import __version__
from watchword.app import slices
from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.kernel.problems import MethodNotAllowed, NotFound, Problem
from watchword.plumbing.logs.logger import AccessLog
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.web import openapi
from watchword.plumbing.web.call import Call, Web
from watchword.plumbing.web.described import Described
from watchword.plumbing.web.doors import Door
from watchword.plumbing.web.entry import Entry, error_page, visitor_of
from watchword.plumbing.web.front import Front, FrontSettings, HotDoor
from watchword.plumbing.web.problems import problem_response
from watchword.plumbing.web.static import Assets

MOUNTED = "/auth/"
STATIC, API_DOCUMENT = "/static/{file:path}", "/openapi.json"


def build(house: House) -> Front:
    """Put every door at its path."""
    web, server = house.part(Web), house.part(ServerSettings)
    doors = list(placed_doors(house))
    routes = _routes(doors, web)
    assets = house.part(Assets)
    static = Door(method="GET", path=STATIC, handler=_static(assets), limits=(), page=True)
    routes.append(
        Route(static.path, Entry(static, web, "/static/{file}").__call__, methods=["GET"])
    )
    described = Described(
        lambda: openapi.document(
            doors,
            title="Watchword",
            version=__version__,
            url=server.public_url,
            cookie=web.cookies.name("session"),
        )
    )
    house.put(Described, described)
    api_document = Door(method="GET", path=API_DOCUMENT, handler=_telling(described), limits=())
    routes += _routes([(api_document.path, api_document)], web)
    front = FrontSettings(
        trusted_proxies=server.trusted_proxies,
        cors_origins=frozenset(origin.encode() for origin in server.cors_origins),
        require_https=server.https,
        https=server.https or server.public_url.startswith("https:"),
        node_id=server.node_id,
        open_paths=frozenset(path for path, door in doors if door.probe),
    )
    metrics = house.part(Metrics)
    built = Front(
        Rooms(Router(routes, redirect_slashes=False), web, _api_paths(doors, server)),
        dict(_hot_doors(house, web)),
        front,
        house.part(Clock),
        metrics.requests,
        house.part(AccessLog),
    )
    metrics.watch("http_requests_in_flight", "Requests being answered.", lambda: built.in_flight)
    return built


def _routes(doors: Sequence[tuple[str, Door]], web: Web) -> list[Route]:
    """Return one route for each path, so that a refused method is told every method it takes."""
    by_path: dict[str, dict[str, Entry]] = {}
    for path, door in doors:
        by_path.setdefault(path, {}).setdefault(door.method, Entry(door, web, path))
    return [
        Route(path, Crossroads(entries), methods=list(entries)) for path, entries in by_path.items()
    ]


def _api_paths(doors: Sequence[tuple[str, Door]], server: ServerSettings) -> tuple[str, ...]:
    """Return what the paths of programs begin with."""
    at_root = (path.partition("{")[0] for path, door in doors if door.root and not door.page)
    return (f"{server.api_prefix}/", *at_root)


class Crossroads:
    """The doors of one path, by method: what the router leads to."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """HEAD goes where GET goes."""
        self._entries = dict(entries)
        if "GET" in self._entries:
            self._entries.setdefault("HEAD", self._entries["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go through the door of the method. HTTPException: there is no such door (405)."""
        scope["watchword.opens"] = "GET" in self._entries
        entry = self._entries.get(scope["method"])
        if entry is None:
            raise HTTPException(405, headers={"Allow": ", ".join(self._entries)})
        response = await entry(Request(scope, receive, send))
        await response(scope, receive, send)


def placed_doors(house: House) -> Iterator[tuple[str, Door]]:
    """Yield (path, door) for every slice's doors at every mount."""
    server = house.part(ServerSettings)
    for _, module in slices.modules(*slices.DOORS):
        if not getattr(module, "enabled", lambda _house: True)(house):
            continue
        for door in [*getattr(module, "doors", []), *getattr(module, "more_doors", _none)(house)]:
            yield from ((path, door) for path in _paths(door, server))


def _paths(door: Door, server: ServerSettings) -> list[str]:
    if door.page or door.root:
        return [door.path]
    return _api_places(door.path, server)


def _api_places(path: str, server: ServerSettings) -> list[str]:
    """Return where a path of the API stands: below the prefix, and at the further mounts."""
    mounts = server.api_mounts if path.startswith(MOUNTED) else ()
    return [mount + path for mount in dict.fromkeys((server.api_prefix, *mounts))]


def _hot_doors(house: House, web: Web) -> Iterator[tuple[str, HotDoor]]:
    server = house.part(ServerSettings)
    for _, module in slices.modules("api"):
        for name, hot in getattr(module, "hot", lambda _web: {})(web).items():
            method, _, path = name.partition(" ")
            for placed in _api_places(path, server):
                yield f"{method} {placed}", hot


class Rooms:
    """The router; what it does not know becomes a problem, or a page for a person."""

    def __init__(self, router: Router, web: Web, api: tuple[str, ...]) -> None:
        """Stand before the router; below the paths `api` there are programs only."""
        self._router = router
        self._plain = {
            route.path: route.app
            for route in router.routes
            if isinstance(route, Route) and not route.param_convertors
        }
        self._web = web
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        scope["app"] = self
        try:
            await self._plain.get(scope["path"], self._router)(scope, receive, send)
        except HTTPException as error:
            problem: Problem = MethodNotAllowed() if error.status_code == 405 else NotFound()  # noqa: PLR2004
            response = self._say(Request(scope, receive), problem)
            response.headers.update(error.headers or {})
            await response(scope, receive, send)

    def _say(self, request: Request, problem: Problem) -> Response:
        visitor = visitor_of(request, self._web)
        for_programs = request.url.path.startswith(self._api)
        if for_programs or "text/html" not in request.headers.get("accept", ""):
            return problem_response(problem, visitor.request_id)
        call = Call(
            web=self._web, request=request, visitor=visitor, now=self._web.clock.now(), body=None
        )
        return error_page(call, problem)


def _telling(described: Described) -> Any:
    """Return a handler that gives the same document to everybody."""

    async def handler(_call: Call[None]) -> Response:
        """Describe this API."""
        return Response(
            described.body, media_type="application/json", headers={"Cache-Control": "no-cache"}
        )

    return handler


def _static(assets: Assets) -> Any:
    async def handler(call: Call[None]) -> Response:
        """Serve a static file."""
        return await assets.serve(call.request)

    return handler


def _none(_house: House) -> list[Door]:
    return []
