"""The doors of providers; none of them knows a cookie, so none needs a proof against forged forms."""

from typing import Any

from starlette.responses import Response

from watchword.flows.delivery_feedback.rules import MOST_BYTES, PATH, WebhookRefused
from watchword.flows.delivery_feedback.service import DeliveryFeedback, Reporters
from watchword.kernel.feedback import Post
from watchword.kernel.problems import BodyMalformed, BodyTooLarge, BodyTooSlow
from watchword.plumbing.house import House
from watchword.plumbing.web.bodies import read_bytes
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Door, post
from watchword.plumbing.web.openapi import FORM, JSON

_PROBLEMS = (WebhookRefused, BodyMalformed, BodyTooLarge, BodyTooSlow)


async def mailgun(call: Call[Any]) -> Response:
    """Take an event of Mailgun.

    JSON with `signature` and `event-data`. Any of its events may come by any of the three paths.
    """
    return await _take(call, "mailgun")


async def sendgrid(call: Call[Any]) -> Response:
    """Take events of SendGrid.

    A JSON list, signed in the headers `X-Twilio-Email-Event-Webhook-Signature` and `-Timestamp`.
    """
    return await _take(call, "sendgrid")


async def ses(call: Call[Any]) -> Response:
    """Take a notice of Amazon SES, by way of SNS.

    A JSON object as SNS signs it; a `SubscriptionConfirmation` to a topic of ours is confirmed.
    """
    return await _take(call, "ses")


async def twilio(call: Call[Any]) -> Response:
    """Take what became of a text, from Twilio.

    A form, signed in the header `X-Twilio-Signature`.
    """
    return await _take(call, "twilio")


async def _take(call: Call[Any], carrier: str) -> Response:
    """Act on what came, as its bytes are; what was acted on before is answered alike."""
    request = call.request
    query = f"?{request.url.query}" if request.url.query else ""
    came = Post(
        url=f"{call.web.public_url}{request.url.path}{query}",
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await read_bytes(request, most=MOST_BYTES),
    )
    await call.part(DeliveryFeedback).take(carrier, came)
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


_PLACES = {
    "mailgun": (mailgun, (JSON,), ("/mailgun/bounce", "/mailgun/complaint", "/mailgun/delivery")),
    "sendgrid": (sendgrid, (JSON,), ("/sendgrid",)),
    "ses": (ses, ("text/plain", JSON), ("/ses",)),
    "twilio": (twilio, (FORM,), ("/twilio",)),
}


def more_doors(house: House) -> list[Door]:
    """Return the doors of the providers whose posts can be told from forged ones."""
    return [
        post(PATH + path, handler, root=True, limits=("webhook",), problems=_PROBLEMS, raw=kinds)
        for carrier, (handler, kinds, paths) in _PLACES.items()
        if carrier in house.part(Reporters).by_carrier
        for path in paths
    ]
