"""The activity's door for programs."""

from starlette.responses import Response

from watchword.flows.activity.rules import ActivityList, ListActivity
from watchword.flows.activity.service import OwnActivity
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get


async def list_activity(call: Call[ListActivity]) -> Response:
    """List what happened to the account, newest first; `next` is the `after` of the next page."""
    asked = call.body
    return call.json(await call.part(OwnActivity).page(call.me, asked.after, asked.limit))


doors = [
    get("/me/activity", list_activity, body=ListActivity, answer=ActivityList, who=Who.SUBSCRIBER)
]
