"""Health's doors, at every path that the seeds' systems ask."""

from msgspec import UNSET, UnsetType
from starlette.responses import Response

from watchword.operations.health.rules import (
    Findings,
    HealthSettings,
    Report,
    Status,
    is_operator,
)
from watchword.operations.health.service import Health, Presence
from watchword.plumbing.house import House
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.shapes import Answer
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Door, get


class Alive(Answer, frozen=True):
    """The process answers."""

    status: str = "alive"


class Ready(Answer, frozen=True):
    """Requests may be sent here."""

    status: str = "ready"


class NotReady(Answer, frozen=True):
    """Requests may not be sent here: it leaves (`draining`), or parts are missing; why, for operators."""

    status: str
    reason: str | UnsetType = UNSET


async def live(call: Call[None]) -> Response:
    """Answer as long as the process does."""
    return call.json(Alive())


async def ready(call: Call[None]) -> Response:
    """Tell whether requests may be sent here."""
    if call.part(Presence).draining:
        return call.json(NotReady(status="draining", reason="shutting down"), 503)
    health = call.part(Health)
    findings = await health.look()
    if findings.ready:
        return call.json(Ready())
    reasons = [name for name in sorted(findings.required) if not findings.good[name]]
    told = ", ".join(reasons) if _is_told(call) else UNSET
    return call.json(NotReady(status="not_ready", reason=told), 503)


async def whole(call: Call[None]) -> Response:
    """Tell how every part is."""
    return await _tell(call, await call.part(Health).look())


async def sign_in(call: Call[None]) -> Response:
    """Tell whether people can sign in: the carriers of letters count, too."""
    return await _tell(call, await call.part(Health).look_at_sign_in())


async def letters(call: Call[None]) -> Response:
    """Tell whether letters can leave, by carrier."""
    return await _tell(call, await call.part(Health).look_at_letters())


async def _tell(call: Call[None], findings: Findings) -> Response:
    status = 200 if findings.ready else 503
    if not _is_told(call):
        return call.json(Status(status=findings.status), status)
    return call.json(await call.part(Health).report(findings), status)


def _is_told(call: Call[None]) -> bool:
    """Tell whether whoever asks may know which part it is."""
    token = call.part(ServerSettings).metrics_token
    asked_by = call.request.headers.get("authorization", "")
    return call.part(HealthSettings).detail or is_operator(token, asked_by)


def more_doors(house: House) -> list[Door]:
    """Return the health doors at this deployment's paths."""
    server = house.part(ServerSettings)
    places = {
        ("/auth/health", whole),
        ("/api/health", whole),
        ("/api/health/auth", sign_in),
        ("/api/health/email", letters),
        (server.health_path, whole),
    }
    return [
        get("/live", live, root=True, probe=True, limits=(), answer=Alive),
        get(
            server.ready_path,
            ready,
            root=True,
            probe=True,
            limits=(),
            answer=Ready,
            otherwise={503: NotReady},
        ),
        *(
            get(
                path,
                handler,
                root=True,
                probe=True,
                limits=(),
                answer=Report,
                otherwise={503: Report},
            )
            for path, handler in sorted(places, key=lambda each: each[0])
        ),
    ]
