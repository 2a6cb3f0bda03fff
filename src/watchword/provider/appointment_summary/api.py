"""Appointment summary's door, for programs with a token of their own."""

from starlette.responses import Response

from watchword.kernel.problems import Unauthenticated
from watchword.plumbing.shapes import Answer
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post
from watchword.provider.appointment_summary.rules import SummaryRequest
from watchword.provider.appointment_summary.service import AppointmentSummaries
from watchword.records.idempotency_keys.rules import (
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    read_key,
)


class Accepted(Answer, frozen=True):
    """The letter is on its way, or was before."""

    status: str = "accepted"


async def send(call: Call[SummaryRequest]) -> Response:
    """Send somebody the summary of an appointment; once for each `Idempotency-Key`, a header."""
    key = read_key(call.request.headers.get("idempotency-key"))
    assert call.service is not None
    await call.part(AppointmentSummaries).send(call.service, key, call.body, call.visitor)
    return call.json(Accepted(), 202)


doors = [
    post(
        "/emails/appointment-summary",
        send,
        body=SummaryRequest,
        answer=Accepted,
        status=202,
        who=Who.SERVICE,
        limits=(),
        problems=(Unauthenticated, IdempotencyKeyMissing, IdempotencyKeyReused),
    )
]
