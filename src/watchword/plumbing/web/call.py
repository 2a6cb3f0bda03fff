"""A call: what a door's handler is given. The request stays here; nothing of it goes further."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ports import Authenticator, Caller, ServiceDirectory, Visitor
from watchword.kernel.problems import Problem, Unauthenticated
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.house import House, Part
from watchword.plumbing.ports import Admission, Document
from watchword.plumbing.shapes import to_json
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.web.cookies import Cookies
from watchword.plumbing.web.csrf import Csrf
from watchword.plumbing.words.languages import Spoken, Words, known_language, learned

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # PEP 747: an abstract type, too

DEVICE_LIFETIME = timedelta(days=180)

BodyT = TypeVar("BodyT")


class Pages(Protocol):
    """Who renders templates."""

    def render(self, call: "Call[Any]", template: str, context: Mapping[str, Any]) -> bytes:
        """Return the page as UTF-8."""
        ...


@dataclass(frozen=True)
class Web:
    """What all doors share."""

    house: House
    authenticator: Authenticator
    services: ServiceDirectory
    throttle: Throttle
    database: Database
    journal: Journal
    cookies: Cookies
    csrf: Csrf
    words: Words
    pages: Pages
    clock: Clock
    chance: Chance
    default_language: str
    public_url: str


@dataclass
class Call(Generic[BodyT]):
    """One call: who asks from where, what they sent, and how to answer."""

    web: Web
    request: Request
    visitor: Visitor
    now: datetime
    body: BodyT
    caller: Caller | None = None
    service: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    new_visitor: str | None = None

    def part(self, kind: "TypeForm[Part]") -> Part:
        """Return a service of the house."""
        return self.web.house.part(kind)

    @property
    def me(self) -> Caller:
        """Return the caller of a door that lets nobody else in."""
        if self.caller is None:
            raise Unauthenticated
        return self.caller

    @property
    def language(self) -> str:
        """Return the language of the answer."""
        return self.visitor.language

    def cookie(self, word: str) -> str | None:
        """Return a cookie of ours."""
        return self.request.cookies.get(self.web.cookies.name(word))

    @property
    def csrf_binding(self) -> str | None:
        """Return the cookie that the CSRF token is bound to."""
        return self.cookie("session") or self.cookie("visitor") or self.new_visitor

    def t(self, key: str, /, **params: object) -> str:
        """Return the words of a slug in the language of the answer."""
        return self.web.words.say(self.language, key, **params)

    def speaking(self, asked: str | None) -> Visitor:
        """Return the visitor as one who asked for a language in a field, if we speak it."""
        language = known_language(asked)
        if language is None:
            return self.visitor
        return replace(self.visitor, language=language, asked_language=language)

    def language_for(self, chosen: str | None, country: str | None) -> Spoken:
        """Return what to remember of the language of somebody who is new."""
        return learned(
            chosen=chosen,
            heard=self.visitor.asked_language or self.visitor.heard_language,
            country=country,
            default=self.web.default_language,
        )

    def json(self, answer: Any, status: int = 200) -> Response:
        """Answer with JSON that nobody keeps."""
        return Response(
            to_json(answer),
            status_code=status,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    def page(self, template: str, status: int = 200, /, **context: Any) -> Response:
        """Answer with a page that nobody keeps."""
        if self.csrf_binding is None:
            self.new_visitor = self.web.chance.draw(16).hex()
        body = self.web.pages.render(self, template, context)
        response = Response(
            body,
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )
        if self.new_visitor:
            self.web.cookies.put(response, "visitor", self.new_visitor)
        return response

    def file(self, document: Document) -> Response:
        """Answer with a file to keep, which nobody else keeps."""
        return Response(
            document.content,
            media_type=document.media_type,
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{document.name}"',
            },
        )

    def redirect(self, path: str) -> Response:
        """Send the browser to a page of ours (303)."""
        return RedirectResponse(path, status_code=303, headers={"Cache-Control": "no-store"})

    def let_in(
        self, response: Response, admission: Admission, device: str | None = None
    ) -> Response:
        """Give a browser its session's cookie, and the token of a device that is now known."""
        if admission.cookie is not None:
            lifetime = admission.expires_at - self.now
            self.web.cookies.put(response, "session", admission.cookie.reveal(), lifetime)
            self.web.cookies.drop(response, "visitor")
            if device is not None:
                self.web.cookies.put(response, "device", device, DEVICE_LIFETIME)
        return response

    def let_out(self, response: Response) -> Response:
        """Take a browser's session cookie back."""
        self.web.cookies.drop(response, "session")
        return response

    def faults(self, problem: Problem | None) -> list[dict[str, str | None]]:
        """Return a problem as a page shows it: in its language, fields in the order of the form."""
        if problem is None:
            return []
        place = {name: number for number, name in enumerate(self.form)}
        told: list[dict[str, str | None]] = [
            {
                "field": e.field,
                "code": e.code,
                "message": self._words(f"errors.{e.code}", e.message),
            }
            for e in sorted(problem.errors, key=lambda e: place.get(e.field, len(place)))
        ]
        general = self._words(f"errors.{problem.code}", problem.detail)
        return told or [{"field": None, "code": problem.code, "message": general}]

    def _words(self, key: str, otherwise: str) -> str:
        return self.t(key) if self.web.words.knows(key) else otherwise
