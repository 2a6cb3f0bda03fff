"""Setup's door for programs: an installer that reads the printed link."""

from starlette.responses import Response

from watchword.flows.setup.rules import Administrator, CreateAdministrator, read_candidate
from watchword.flows.setup.service import Setup
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import post
from watchword.records.tickets.rules import TokenExpired, TokenInvalid, TokenUsed


async def create(call: Call[CreateAdministrator]) -> Response:
    """Make the first administrator with the printed token, and sign them in by cookie."""
    setup = call.part(Setup)
    candidate = read_candidate(call.body, setup.password_faults(call.body))
    made, admission = await setup.create(Secret(call.body.token), candidate, call.visitor)
    answer = Administrator(
        id=str(made.id),
        email=made.email,
        email_verified=made.email_verified_at is not None,
        role=made.role,
    )
    return call.let_in(call.json(answer, 201), admission)


doors = [
    post(
        "/auth/setup",
        create,
        body=CreateAdministrator,
        answer=Administrator,
        status=201,
        limits=("auth",),
        problems=(TokenInvalid, TokenUsed, TokenExpired),
    ),
]
