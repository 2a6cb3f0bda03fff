"""Introspection's door."""

from starlette.responses import Response

from watchword.kernel.problems import Unauthenticated
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.web.bodies import read_form, read_json
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post
from watchword.plumbing.web.shapes import convert
from watchword.provider.introspection.rules import Finding, Question, answer
from watchword.records.signing_keys.rules import TokenSettings


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
    authenticator = call.web.authenticator
    caller = await authenticator.by_token(question.token) or await authenticator.by_cookie(
        question.token
    )
    audience = call.part(TokenSettings).audience
    return call.json(answer(caller, call.part(Issuer).url, audience))


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
