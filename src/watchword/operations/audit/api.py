"""The audit trail's door for administrators who signed in a short while ago."""

from starlette.responses import Response

from watchword.operations.audit.rules import AuditRows, SearchAudit, Sought, like
from watchword.operations.audit.service import Search
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get


async def search(call: Call[SearchAudit]) -> Response:
    """Search the audit trail, newest first; `next` is the `after` of the next page."""
    body = call.body
    sought = Sought(
        user_id=body.user_id,
        type_like=like(body.type or ""),
        since=body.since,
        until=body.until,
        address=body.address,
        request_id=body.request_id,
        after=body.after,
    )
    return call.json(await call.part(Search).page(sought, body.limit))


doors = [get("/admin/audit", search, body=SearchAudit, answer=AuditRows, who=Who.ADMIN)]
