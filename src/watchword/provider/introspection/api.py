"""Introspection's door."""

from starlette.responses import Response

from watchword.kernel.problems import Unauthenticated
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.shapes import convert
from watchword.plumbing.web.bodies import read_form, read_json
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post
from watchword.provider.introspection.rules import Finding, Question, answer
from watchword.records.signing_keys.rules import TokenSettings
from watchword.records.signing_keys.service import SigningKeys


async def introspect(call: Call[None]) -> Response:
    """Tell a service whether a token or session is good, and whose it is."""
    form = call.request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    )
    question = (
        convert(await read_form(call.request), Question, strict=False)
        if form
        else await read_json(call.request, Question)
    )
    authenticator, issuer = call.web.authenticator, call.part(Issuer).url
    claims = await call.part(SigningKeys).verify(question.token, issuer, call.now)
    found = authenticator.by_cookie if claims is None else authenticator.by_token
    caller = await found(question.token)
    return call.json(answer(caller, claims, issuer, call.part(TokenSettings).audience))


doors = [
    post(
        "/auth/introspect",
        introspect,
        who=Who.SERVICE,
        limits=(),
        described=Question,
        answer=Finding,
        problems=(Unauthenticated,),
    )
]
