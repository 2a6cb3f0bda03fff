"""The doors of an account's identities, for programs."""

from starlette.responses import Response

from watchword.flows.identities.rules import Identities, IdentityEntry
from watchword.flows.identities.service import IdentityKeeper
from watchword.kernel.ids import IdentityId, parse
from watchword.kernel.problems import NotFound
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, delete, get
from watchword.records.linked_identities.rules import LastWayIn, LinkedIdentity
from watchword.records.linked_identities.service import LinkedIdentities


async def show(call: Call[None]) -> Response:
    """Tell the other sign-ins of the account."""
    linked = await call.part(IdentityKeeper).of(call.me)
    known = call.part(LinkedIdentities)
    return call.json(Identities(identities=[_entry(each, known) for each in linked]))


async def unlink(call: Call[None]) -> Response:
    """Unlink another sign-in; it must not be the last way in."""
    which = parse(call.request.path_params["id"])
    if which is None:
        raise NotFound
    await call.part(IdentityKeeper).unlink(call.me, IdentityId(which), call.visitor)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _entry(linked: LinkedIdentity, known: LinkedIdentities) -> IdentityEntry:
    return IdentityEntry(
        id=str(linked.id),
        provider=known.name_of(linked.issuer),
        title=known.title_of(linked.issuer),
        label=linked.label,
        linked_at=linked.linked_at.isoformat(),
        last_used_at=linked.used_at.isoformat(),
    )


doors = [
    get("/auth/identities", show, answer=Identities, who=Who.SUBSCRIBER),
    delete(
        "/auth/identities/{id}",
        unlink,
        status=204,
        who=Who.FRESH,
        problems=(NotFound, LastWayIn),
    ),
]
