"""Consent's doors for people: a section of the account, and the page behind an unsubscribe link."""

from typing import Any

from starlette.responses import Response

from watchword.flows.consent.rules import LAST, OneClick, purpose_of
from watchword.flows.consent.service import Consenting
from watchword.kernel.problems import Conflict, FieldError, InputInvalid, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.bodies import read_bytes
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post, post
from watchword.plumbing.web.link_page import link_page, link_token
from watchword.records.consents.rules import ACCOUNT
from watchword.records.consents.service import Source

_SHOWN = 20


class ConsentForm(Body, frozen=True):
    """A button beside a purpose, and the version of the text above it."""

    purpose: str
    version: int


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show what may be done with one's data, and what was said of it."""
    consenting = call.part(Consenting)
    told = await consenting.see(call.me.user_id)
    history = await consenting.history(call.me.user_id, LAST, _SHOWN)
    texts = {each.purpose: each.text for each in consenting.texts(call.language).texts}
    saved = call.request.query_params.get("saved")
    return call.page(
        "consent/consents.html",
        consents=[
            {
                "purpose": each.purpose,
                "text": texts[each.purpose],
                "version": each.current_version,
                "given": each.given,
                "due": each.renewal_required,
                "since": each.since if each.given else None,
                "ends": each.ends_at,
            }
            for each in told.consents
        ],
        acts=[
            {
                "purpose": act.purpose,
                "act": act.act,
                "at": act.at,
                "ip": act.ip,
                "version": act.text_version,
            }
            for act in history.acts
        ],
        done=call.t(f"consent.saved_{saved}") if saved in {"given", "withdrawn"} else None,
        errors=call.faults(problem),
    )


async def give(call: Call[ConsentForm]) -> Response:
    """Allow a purpose, or renew it, by its button."""
    purpose, shown = purpose_of(call.body.purpose), call.body.version
    await call.part(Consenting).give(call.me.user_id, purpose, _source(call), shown)
    return call.redirect("/account/consents?saved=given")


async def withdraw(call: Call[ConsentForm]) -> Response:
    """Allow it no longer, by the button in the same place."""
    purpose = purpose_of(call.body.purpose)
    await call.part(Consenting).withdraw(call.me.user_id, purpose, _source(call))
    return call.redirect("/account/consents?saved=withdrawn")


async def show_unsubscribe(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that ends marketing letters; opening the page changes nothing."""

    async def look(token: Secret) -> dict[str, Any]:
        call.part(Consenting).whose(token)
        return {}

    return await link_page(call, "consent/unsubscribe.html", look, problem)


async def unsubscribe(call: Call[None]) -> Response:
    """End marketing letters: for a person's button, and for a mail program's one click (RFC 8058)."""
    body = await read_bytes(call.request)
    if b"List-Unsubscribe" not in body or b"One-Click" not in body:  # as a form of either kind
        message = "Send List-Unsubscribe=One-Click."
        raise InputInvalid(errors=[FieldError("List-Unsubscribe", "missing", message)])
    await call.part(Consenting).unsubscribe(Secret(link_token(call)), call.visitor)
    return call.page("consent/unsubscribed.html")


def _source(call: Call[Any]) -> Source:
    return Source(channel=ACCOUNT, language=call.language, visitor=call.visitor)


doors = [
    page_get("/account/consents", show, who=Who.SUBSCRIBER),
    page_post(
        "/account/consents/give",
        give,
        body=ConsentForm,
        again=show,
        who=Who.SUBSCRIBER,
        problems=(Conflict,),
    ),
    page_post(
        "/account/consents/withdraw", withdraw, body=ConsentForm, again=show, who=Who.SUBSCRIBER
    ),
    page_get("/unsubscribe", show_unsubscribe),
    # No CSRF token: a mail program has none. Who holds the link may end the letters, from wherever.
    post("/unsubscribe", unsubscribe, page=True, described=OneClick, limits=("page",)),
]
