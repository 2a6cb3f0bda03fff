"""Consent's doors for programs."""

from typing import Any

from starlette.responses import Response

from watchword.flows.consent.rules import (
    ConsentHistory,
    ConsentList,
    ConsentTextList,
    GiveConsent,
    ListActs,
    RenewConsents,
    WithdrawConsent,
    purpose_of,
)
from watchword.flows.consent.service import Consenting
from watchword.kernel.problems import Conflict
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get, post
from watchword.plumbing.words.languages import chosen_language
from watchword.records.consents.rules import API, Purpose
from watchword.records.consents.service import Source


async def see(call: Call[Any]) -> Response:
    """Tell what the caller's data may be used for."""
    return call.json(await call.part(Consenting).see(call.me.user_id))


async def give(call: Call[GiveConsent]) -> Response:
    """Allow one purpose; send the `version` of the text that was shown, to be sure that it is today's."""
    purpose, source = purpose_of(call.body.purpose), _source(call, call.body.language)
    await call.part(Consenting).give(call.me.user_id, purpose, source, call.body.version)
    return await see(call)


async def withdraw(call: Call[WithdrawConsent]) -> Response:
    """Allow one purpose no longer."""
    purpose, source = purpose_of(call.body.purpose), _source(call)
    await call.part(Consenting).withdraw(call.me.user_id, purpose, source)
    return await see(call)


async def renew(call: Call[RenewConsents]) -> Response:
    """Renew what is due, or one purpose of it."""
    purposes = [purpose_of(call.body.purpose)] if call.body.purpose is not None else [*Purpose]
    source = _source(call, call.body.language)
    await call.part(Consenting).renew(call.me.user_id, purposes, source)
    return await see(call)


async def history(call: Call[ListActs]) -> Response:
    """List the caller's acts, the newest first."""
    user_id, query = call.me.user_id, call.body
    return call.json(await call.part(Consenting).history(user_id, query.before, query.limit))


async def texts(call: Call[None]) -> Response:
    """Tell today's texts, in the language of `lang`, else of Accept-Language."""
    return call.json(call.part(Consenting).texts(call.language))


def _source(call: Call[Any], language: str | None = None) -> Source:
    spoken = chosen_language(language) if language else call.language
    return Source(channel=API, language=spoken, visitor=call.visitor)


doors = [
    get("/me/consents", see, answer=ConsentList, who=Who.SUBSCRIBER),
    post(
        "/me/consents",
        give,
        body=GiveConsent,
        answer=ConsentList,
        who=Who.SUBSCRIBER,
        problems=(Conflict,),
    ),
    post(
        "/me/consents/withdraw",
        withdraw,
        body=WithdrawConsent,
        answer=ConsentList,
        who=Who.SUBSCRIBER,
    ),
    post(
        "/me/consents/renew",
        renew,
        body=RenewConsents,
        bodiless=True,
        answer=ConsentList,
        who=Who.SUBSCRIBER,
    ),
    get("/me/consents/history", history, body=ListActs, answer=ConsentHistory, who=Who.SUBSCRIBER),
    get("/consents/texts", texts, answer=ConsentTextList, query={"lang": "en, fr or ar."}),
]
