"""Doors: one route each, with all that a client must know of it.

    doors = [
        post("/auth/forgot-password", begin, body=Begin, status=202, limits=("api",)),
        page_post("/forgot-password", submit, body=Begin, again=show),
    ]

An API door's path stands below the API prefix (and the further mounts); a page's path and a
`root` path (`/health`, `/.well-known/jwks.json`) stand at the root. The OpenAPI document is assembled from
the same list, so it cannot lie.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from starlette.responses import Response

from watchword.kernel.problems import Problem
from watchword.plumbing.web.call import Call

Handler = Callable[[Call[Any]], Awaitable[Response]]
Again = Callable[[Call[Any], Problem], Awaitable[Response]]


class Who(Enum):
    """Who may enter."""

    ANYONE = "anyone"
    NOTICED = "anyone; whoever is signed in is recognised"
    SUBSCRIBER = "subscriber"
    FRESH = "subscriber, signed in within fifteen minutes"
    ADMIN = "administrator, signed in within fifteen minutes"
    SERVICE = "service"


@dataclass(frozen=True, kw_only=True)
class Door:
    """One route.

    `bodiless`: the body may be left out. `described`: a body that the handler reads itself, as JSON or
    as a form; `raw`: one that it takes as it comes, of these media types. `otherwise`: the answers that
    are neither the good one nor a problem, by status.
    An `arrival`: browsers come here from elsewhere, with whatever query they were given; what is wrong is
    told people by a page, and programs by problem+json.
    A `probe` is asked from inside, so it answers without TLS even where that is required.
    """

    method: str
    path: str
    handler: Handler
    body: type[Any] | None = None
    bodiless: bool = False
    described: type[Any] | None = None
    raw: tuple[str, ...] = ()
    form: bool = False
    page: bool = False
    root: bool = False
    probe: bool = False
    arrival: bool = False
    again: Again | None = None
    answer: type[Any] | None = None
    status: int = 200
    media_type: str = "application/json"
    otherwise: Mapping[int, type[Any]] = field(default_factory=dict)
    who: Who = Who.ANYONE
    limits: tuple[str, ...] = ("api",)
    problems: tuple[type[Problem], ...] = ()
    hidden: bool = False
    query: dict[str, str] = field(default_factory=dict)

    @property
    def story(self) -> str:
        """Return the handler's docstring."""
        return (self.handler.__doc__ or "").strip()


def get(path: str, handler: Handler, **more: Any) -> Door:
    """Make an API door for GET."""
    return Door(method="GET", path=path, handler=handler, **more)


def post(path: str, handler: Handler, **more: Any) -> Door:
    """Make an API door for POST."""
    return Door(method="POST", path=path, handler=handler, **more)


def put(path: str, handler: Handler, **more: Any) -> Door:
    """Make an API door for PUT."""
    return Door(method="PUT", path=path, handler=handler, **more)


def patch(path: str, handler: Handler, **more: Any) -> Door:
    """Make an API door for PATCH."""
    return Door(method="PATCH", path=path, handler=handler, **more)


def delete(path: str, handler: Handler, **more: Any) -> Door:
    """Make an API door for DELETE."""
    return Door(method="DELETE", path=path, handler=handler, **more)


def page_get(path: str, handler: Handler, **more: Any) -> Door:
    """Make a page for GET."""
    return Door(
        method="GET", path=path, handler=handler, page=True, **({"limits": ("page",)} | more)
    )


def page_post(path: str, handler: Handler, **more: Any) -> Door:
    """Make a page's form door; `again` shows the form once more with what is wrong.

    What a form does, the API does too: both count under one rule, so that no page leads around a limit.
    """
    return Door(method="POST", path=path, handler=handler, page=True, form=True, **more)
