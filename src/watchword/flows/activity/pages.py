"""The activity's door for people."""

from starlette.responses import Response

from watchword.flows.activity.rules import PAGE
from watchword.flows.activity.service import OwnActivity
from watchword.kernel.ids import parse
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get


async def show(call: Call[None]) -> Response:
    """Show what happened to the account; `after` is the last row of the page before."""
    after = parse(call.request.query_params.get("after", ""))
    found = await call.part(OwnActivity).page(call.me, after, PAGE)
    return call.page("activity/activity.html", activity=found.activity, older=found.next)


doors = [page_get("/account/activity", show, who=Who.SUBSCRIBER)]
