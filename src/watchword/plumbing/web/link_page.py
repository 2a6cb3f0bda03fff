"""The page behind a link of a letter: opening it spends nothing, its button or form does.

    token (of the form, else of the address) -> look -> the page: token, what was found, what was wrong
                                             refused -> `link_invalid.html` beside the page, its status

Mail scanners open links; so the page only looks. A form that was refused before it was read holds no
token to look at: that is told on a page of its own, and so is a fault of ours, which says nothing of
the link.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response

from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.entry import error_page

Look = Callable[[Secret], Awaitable[Mapping[str, Any]]]

_OURS = {Kind.BUG, Kind.UNAVAILABLE}


async def link_page(
    call: Call[Any], template: str, look: Look, problem: Problem | None = None
) -> Response:
    """Show a link's page with what `look` finds behind the token, and what was wrong with its form."""
    if problem is not None and not call.form:
        return error_page(call, problem)
    token = link_token(call)
    try:
        found = await look(Secret(token))
    except Problem as refused:
        if refused.kind in _OURS:
            raise
        invalid = template.rpartition("/")[0] + "/link_invalid.html"
        return call.page(invalid, refused.kind.value)
    return call.page(template, token=token, errors=call.faults(problem), **found)


def link_token(call: Call[Any]) -> str:
    """Return the token of the form, else of the address; else nothing."""
    return call.form.get("token") or call.request.query_params.get("token", "")
