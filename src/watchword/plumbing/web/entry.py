"""Entry: how a door opens. Limits, then who is calling, then CSRF, then the body, then the handler.

Before all: what another site made its visitors send, and what is no form or JSON by its own word, is refused
unread and uncounted, so that no page on the web uses up the attempts of a network that looks at it.

Whatever a handler raises as a `Problem` is rendered here: as problem+json for the API, as the form
once more or as an error page for people. The fact it carries is written first, in its own commit.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from watchword.kernel import assurance
from watchword.kernel.facts import AUTH_FAILURE
from watchword.kernel.limits import Verdict
from watchword.kernel.ports import Caller, Visitor
from watchword.kernel.problems import (
    Forbidden,
    FreshSignInRequired,
    Kind,
    Problem,
    TooManyRequests,
    Unauthenticated,
)
from watchword.plumbing.logs import logger
from watchword.plumbing.shapes import Nothing, convert, each_once, of_form
from watchword.plumbing.throttle import AttemptRefused, refusal
from watchword.plumbing.web import problems
from watchword.plumbing.web.bodies import (
    carries_body,
    demand_form,
    demand_json,
    read_form,
    read_json,
)
from watchword.plumbing.web.call import Call, Web
from watchword.plumbing.web.doors import Door, Who
from watchword.plumbing.words.languages import (
    accepted_language,
    choose_language,
    known_language,
    language_of,
)

_SIGNED_IN = {Who.SUBSCRIBER, Who.FRESH, Who.ADMIN}
_READS_COOKIES = {*_SIGNED_IN, Who.NOTICED}
_UNKNOWN_SERVICE = "service.refused"
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class Entry:
    """A door, ready to be a Starlette endpoint."""

    def __init__(self, door: Door, web: Web, route: str) -> None:
        """Remember the door, what all doors share, and the path it stands at."""
        self._door = door
        self._web = web
        self._route = route

    async def __call__(self, request: Request) -> Response:
        """Open the door and answer, come what may."""
        request.scope["watchword.route"] = self._route
        call = Call(
            web=self._web,
            request=request,
            visitor=visitor_of(request, self._web),
            now=self._web.clock.now(),
            body=None,
        )
        try:
            return await self._answer(call)
        except Exception as error:
            if not _for_people(self._door, request):  # the front tells programs
                raise
            return error_page(call, problems.untold(error, request.scope))

    async def _answer(self, call: Call[Any]) -> Response:
        verdict: Verdict | None = None
        try:
            self._demand_ours(call.request)
            verdict = await self._limit(call)
            await self._identify(call)
            await self._read(call)
            response = await self._handle(call)
        except Problem as problem:
            response = await self._render(call, problem)
        if verdict is not None:
            response.headers.update(self._web.throttle.headers(verdict))
        return response

    async def _handle(self, call: Call[Any]) -> Response:
        """Do what the door is for; a refusal that must be known is noted before it is told."""
        try:
            return await self._door.handler(call)
        except Problem as problem:
            if problem.fact is not None:
                web = self._web
                await web.journal.note(web.database, problem.fact, call.now, call.visitor)
            raise

    def _demand_ours(self, request: Request) -> None:
        """Refuse what its headers tell to be none of ours. Problems: `csrf_refused`, the media type's."""
        door = self._door
        if door.form:
            self._web.csrf.check_origin(request)
            demand_form(request)
        elif door.body is not None and request.method in _UNSAFE and carries_body(request):
            demand_json(request)

    async def _limit(self, call: Call[Any]) -> Verdict | None:
        """Count the knock under each of the door's rules; the tightest verdict is told."""
        told: Verdict | None = None
        for rule in self._door.limits:
            network = call.visitor.network
            verdict = await self._web.throttle.weigh(rule, network, self._door.path)
            if told is None or verdict.remaining < told.remaining:
                told = verdict
            if not verdict.allowed:
                call.request.state.verdict = verdict
                await self._note_refusal(call, rule)
                raise refusal(rule, verdict)
        return told

    async def _note_refusal(self, call: Call[Any], rule: str) -> None:
        """Write down that a network guesses on and on, for those who judge risks."""
        web = self._web
        if await web.throttle.worth_noting(rule, call.visitor.network):
            fact = AttemptRefused(door=self._door.path)
            await web.journal.note(web.database, fact, call.now, call.visitor)

    async def _identify(self, call: Call[Any]) -> None:
        """Find out who calls and whether they may; a cookie's call must prove where it comes from."""
        door, request = self._door, call.request
        if door.probe:
            return  # a probe is answered when nobody can be looked up, too
        if door.who is Who.SERVICE:
            call.service = await self._web.services.recognise(_bearer(request) or "")
            if call.service is None:
                self._note_stranger(call)
                raise Unauthenticated(private="unknown service token")
            return
        bearer = _bearer(request)
        cookie = call.cookie("session")
        if bearer is not None and not door.page:
            call.caller = await self._web.authenticator.by_token(bearer)
        elif cookie is not None and (door.page or door.who in _READS_COOKIES):
            call.caller = await self._web.authenticator.by_cookie(cookie)
            if call.caller and not door.page and request.method in _UNSAFE:
                self._web.csrf.check_cookie_call(request, cookie)
        if call.caller is not None:
            logger.user_id.set(str(call.caller.user_id))
            request.scope["watchword.user"] = str(call.caller.user_id)
            call.visitor = _recognised(call, call.caller)
        if door.who in _SIGNED_IN:
            _admit(door.who, call.caller, call)

    def _note_stranger(self, call: Call[Any]) -> None:
        """Say that no service has this token; in the log alone, for such doors have no limit."""
        logger.log().info(
            AUTH_FAILURE.message,
            category=AUTH_FAILURE.category,
            happened=_UNKNOWN_SERVICE,
            details={"reason": "unknown", "ip": call.visitor.address},
        )
        self._web.journal.metrics.auth_failures.labels(_UNKNOWN_SERVICE, "unknown").inc()

    async def _read(self, call: Call[Any]) -> None:
        """Read the body as the door's shape."""
        door, request = self._door, call.request
        if door.form:
            call.form = await read_form(request)
            self._web.csrf.check_page(request, call.form.get("csrf"), call.csrf_binding)
            read = of_form(call.form, door.body or Nothing)
            call.body = read if door.body else None
        elif door.body is not None and request.method in _UNSAFE:
            left_out = door.bodiless and not carries_body(request)
            call.body = door.body() if left_out else await read_json(request, door.body)
        elif door.body is None and door.described is None and request.method in _UNSAFE:
            if carries_body(request) and not door.raw:
                await read_json(request, Nothing)
        elif door.body is not None and request.method not in _UNSAFE:
            call.body = convert(
                each_once(request.query_params.multi_items()), door.body, strict=False
            )
        elif request.method not in _UNSAFE and not (door.page or door.root or door.arrival):
            asked = each_once(request.query_params.multi_items())
            convert({name: asked[name] for name in asked.keys() - door.query}, Nothing)

    async def _render(self, call: Call[Any], problem: Problem) -> Response:
        door = self._door
        if problem.private and problem.kind in {Kind.BUG, Kind.UNAVAILABLE}:
            logger.log().error(problem.private, problem=problem.code, route=door.path)
        if not _for_people(door, call.request):
            response = problems.problem_response(problem, call.visitor.request_id)
        elif problem.kind is Kind.UNAUTHENTICATED and door.who in _SIGNED_IN:
            return call.redirect("/login?return_to=" + quote(_return_to(call.request), safe="/"))
        elif isinstance(problem, FreshSignInRequired):
            return call.redirect(
                "/login?fresh=1&return_to=" + quote(_return_to(call.request), safe="/")
            )
        elif door.again is not None and _may_see_form(call, door, problem):
            response = await door.again(call, problem)
            response.status_code = problem.kind.value
            response.headers.update(problems.headers(problem))
        else:
            response = error_page(call, problem)
        if isinstance(problem, TooManyRequests) and hasattr(call.request.state, "verdict"):
            response.headers.update(self._web.throttle.headers(call.request.state.verdict))
        return response


def _for_people(door: Door, request: Request) -> bool:
    """Tell whether what is wrong is told by a page: where browsers arrive, programs say what they take."""
    return door.page or (door.arrival and "text/html" in request.headers.get("accept", ""))


def _may_see_form(call: Call[Any], door: Door, problem: Problem) -> bool:
    """Tell whether the form can be shown again: a form for subscribers needs to know whose it is."""
    known = call.caller is not None or door.who not in _SIGNED_IN
    return known and not isinstance(problem, Forbidden)


def error_page(call: Call[Any], problem: Problem) -> Response:
    """Render a problem as a page that says what to do, with the request id."""
    title = f"errors.{problem.code}_title"
    fault = call.faults(problem)[0]["message"]
    response = call.page(
        "error.html",
        problem.kind.value,
        title=call.t(title if call.web.words.knows(title) else "error.title"),
        message=fault,
        action_url="/",
        action_label=call.t("error.home"),
    )
    response.headers.update(problems.headers(problem))
    return response


def visitor_of(request: Request, web: Web) -> Visitor:
    """Return where the request comes from and the language it asks for."""
    scope = request.scope
    asked = known_language(request.query_params.get("lang"))
    heard = known_language(request.cookies.get(web.cookies.name("lang"))) or accepted_language(
        request.headers.get("accept-language", "")
    )
    return Visitor(
        address=scope["watchword.address"],
        network=scope["watchword.network"],
        user_agent=request.headers.get("user-agent", "")[:256],
        language=choose_language(asked=asked, accepted=heard, default=web.default_language),
        request_id=scope["watchword.request_id"],
        device=request.cookies.get(web.cookies.name("device")),
        asked_language=asked,
        heard_language=heard,
    )


def _recognised(call: Call[Any], caller: Caller) -> Visitor:
    """Return the visitor as one whose account we know: a switch turned in this very browser counts more."""
    if known_language(call.cookie("lang")):
        return call.visitor
    return replace(call.visitor, language=language_of(caller, call.visitor))


def _admit(who: Who, caller: Caller | None, call: Call[Any]) -> None:
    if caller is None:
        raise Unauthenticated
    if who is Who.ADMIN and caller.role != "admin":
        raise Forbidden
    if who in {Who.FRESH, Who.ADMIN} and not assurance.fresh(caller.authenticated_at, call.now):
        raise FreshSignInRequired


def _bearer(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def _return_to(request: Request) -> str:
    return request.url.path if request.method == "GET" else "/account"


def safe_return(path: str | None, otherwise: str = "/account") -> str:
    """Return a path of our own site, never another host (not `//evil`, nor `https:`)."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return otherwise
    return otherwise if any(character <= " " or character == "\\" for character in path) else path
