"""The identities of an account, for people: what there is, and the buttons to link and unlink."""

from typing import Any

from starlette.responses import Response

from watchword.flows.identities.service import IdentityKeeper
from watchword.kernel.ids import IdentityId, parse
from watchword.kernel.problems import NotFound, Problem
from watchword.plumbing.offering import Offering
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.records.linked_identities.service import LinkedIdentities

_SAVED = {"linked", "unlinked"}


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the other sign-ins of the account, and those that there may be."""
    linked, known = await call.part(IdentityKeeper).of(call.me), call.part(LinkedIdentities)
    issuers = {each.issuer for each in linked}
    saved = call.request.query_params.get("saved")
    return call.page(
        "identities/identities.html",
        linked=[
            {
                "id": each.id,
                "title": known.title_of(each.issuer),
                "label": each.label,
                "used": each.used_at,
            }
            for each in linked
        ],
        offered=[
            (each.name, each.title)
            for each in call.part(Offering).to(call.visitor.network).each
            if each.issuer not in issuers
        ],
        done=call.t(f"identities.saved_{saved}") if saved in _SAVED and not problem else None,
        errors=call.faults(problem),
    )


async def unlink(call: Call[None]) -> Response:
    """Unlink one of them."""
    which = parse(call.request.path_params["id"])
    if which is None:
        raise NotFound
    await call.part(IdentityKeeper).unlink(call.me, IdentityId(which), call.visitor)
    return call.redirect("/account/identities?saved=unlinked")


doors = [
    page_get("/account/identities", show, who=Who.SUBSCRIBER),
    page_post("/account/identities/{id}/unlink", unlink, again=show, who=Who.FRESH),
]
