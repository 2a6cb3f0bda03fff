"""The reference's pages."""

from starlette.responses import Response

from watchword.operations.reference.service import Reference
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get


async def operations(call: Call[None]) -> Response:
    """Show every operation."""
    return call.page("reference/docs.html", chapters=call.part(Reference).chapters())


async def problems(call: Call[None]) -> Response:
    """Show every problem."""
    return call.page("reference/problems.html", problems=call.part(Reference).problems())


async def problem(call: Call[None]) -> Response:
    """Show one problem."""
    found = call.part(Reference).problem(call.request.path_params["code"])
    return call.page("reference/problem.html", problem=found)


doors = [
    page_get("/docs", operations),
    page_get("/problems", problems),
    page_get("/problems/{code}", problem),
]
