"""The gateway's door; it knows no cookie, so it needs no proof against forged forms."""

from typing import Any

from starlette.responses import Response

from watchword.flows.ussd.rules import GatewayUnknown, UssdSettings, dialler
from watchword.flows.ussd.service import UssdMenu
from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
    InputInvalid,
    MediaTypeUnsupported,
)
from watchword.plumbing.contact import phone_number
from watchword.plumbing.house import House
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.shapes import Body, convert, json_of
from watchword.plumbing.ussd.gateway import MOST_TYPED, Dialled, why_unknown
from watchword.plumbing.web.bodies import form_of, read_bytes
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Door, post
from watchword.plumbing.web.openapi import FORM, JSON

_MOST_BYTES = 8 * 1024
_MOST_NAME = 200


class GatewayPost(Body, frozen=True):
    """What the gateway tells; whatever else it sends beside is left out."""

    session_id: str
    phone_number: str
    service_code: str
    text: str = ""


async def answer(call: Call[Any]) -> Response:
    """Answer the gateway of a mobile network: the next screen of somebody's session.

    A form or JSON with `sessionId`, `phoneNumber`, `serviceCode` and `text`; signed, or with HTTP Basic.
    """
    body = await read_bytes(call.request, most=_MOST_BYTES)
    _recognise(call, body)
    screen = await call.part(UssdMenu).answer(_read(call, body), dialler(call.visitor))
    return told(screen)


def told(screen: str) -> Response:
    """Answer as gateways want it: plain text that nobody keeps."""
    return Response(
        screen, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def _recognise(call: Call[Any], body: bytes) -> None:
    """Let the gateway in, and nobody else. Problem: `gateway_unknown`."""
    proof, address = call.part(UssdSettings).proof, call.visitor.address
    reason = why_unknown(proof, call.request.headers, body, address, call.now)
    if reason is not None:
        log().warning("USSD gateway refused", category="security", reason=reason, ip=address)
        call.part(Metrics).auth_failures.labels("ussd.refused", reason).inc()
        raise GatewayUnknown(private=reason)


def _read(call: Call[Any], body: bytes) -> Dialled:
    """Read what the gateway posts. Problems: `malformed_body`, `invalid_input`."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {FORM, JSON}:
        raise MediaTypeUnsupported("Send a form or JSON.")
    loose: dict[str, Any] = form_of(body) if kind == FORM else json_of(body)
    known = {name: loose[name] for name in _NAMES if name in loose}
    told = convert(known, GatewayPost)
    if len(told.text) > MOST_TYPED or len(told.session_id + told.service_code) > _MOST_NAME:
        raise InputInvalid(private="longer than any session")
    number = phone_number("+" + told.phone_number.strip().lstrip("+"), None, "phoneNumber")
    inputs = tuple(told.text.split("*")) if told.text else ()
    return Dialled(
        session_id=told.session_id,
        number=number,
        service_code=told.service_code,
        inputs=inputs,
    )


_NAMES = ("sessionId", "phoneNumber", "serviceCode", "text")


def more_doors(house: House) -> list[Door]:
    """Return the gateway's door, where there is a secret to know it by."""
    if not house.part(UssdSettings).secret:
        return []
    return [
        post(
            "/ussd/callback",
            answer,
            raw=(FORM, JSON),
            media_type="text/plain",
            limits=("webhook",),
            problems=(
                GatewayUnknown,
                MediaTypeUnsupported,
                BodyMalformed,
                BodyTooLarge,
                BodyTooSlow,
                InputInvalid,
            ),
        )
    ]
