"""The account's doors for people, and the preferences of everybody."""

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from watchword.flows.account.rules import PREFERENCES_FOR, ProfilePatch, SessionEntry, kind_of
from watchword.flows.account.service import Account
from watchword.kernel.ids import SessionId, parse
from watchword.kernel.problems import NotFound, Problem
from watchword.plumbing.settings import TextCarrying
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.plumbing.web.entry import safe_return
from watchword.plumbing.web.pages import THEMES
from watchword.plumbing.words.languages import CHOSEN, accepted_language, known_language


class ProfileForm(Body, frozen=True):
    """The profile; what is left empty is removed, except the first name."""

    first_name: str
    language: str = ""
    last_name: str = ""
    phone: str = ""


class PreferencesForm(Body, frozen=True):
    """A language or a theme, and where the person was."""

    lang: str | None = None
    theme: str | None = None
    return_to: str = "/"


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the profile."""
    subscriber = await call.part(Account).profile(call.me)
    profile = {
        "first_name": subscriber.given_name,
        "last_name": subscriber.family_name,
        "phone": subscriber.phone,
        "phone_unproven": bool(subscriber.phone) and subscriber.phone_verified_at is None,
        "language": subscriber.language if subscriber.language_by == CHOSEN else "",
    }
    return call.page(
        "account/account.html",
        profile=profile,
        texts_leave=call.part(TextCarrying).leaves,
        email=subscriber.email,
        done=_done(call, "profile", "phone"),
        errors=call.faults(problem),
    )


async def save(call: Call[ProfileForm]) -> Response:
    """Save the profile; a language that is chosen in it is the pages' from now on."""
    form = call.body
    patch = ProfilePatch(
        first_name=form.first_name,
        last_name=form.last_name,
        phone=form.phone or None,
        language=form.language or None,
    )
    # The cookie may say what was chosen before; whoever takes that back means the browser's own word.
    heard = accepted_language(call.request.headers.get("accept-language", ""))
    visitor = replace(call.visitor, heard_language=heard)
    written = await call.part(Account).change(call.me, patch, visitor)
    response = call.redirect("/account?saved=profile")
    if written.language_by == CHOSEN:
        call.web.cookies.put(response, "lang", written.language, PREFERENCES_FOR)
    else:
        call.web.cookies.drop(response, "lang")
    return response


async def list_sessions(call: Call[None]) -> Response:
    """Show where the account is signed in."""
    entries = await call.part(Account).list_sessions(call.me)
    rows = [_row(entry) for entry in entries]
    return call.page("account/sessions.html", sessions=rows, done=_done(call, "ended", "others"))


async def end_session(call: Call[None]) -> Response:
    """End one session of one's own."""
    session_id = parse(call.request.path_params["id"])
    if session_id is None:
        raise NotFound
    await call.part(Account).end_session(call.me, SessionId(session_id), call.visitor)
    return call.redirect("/account/sessions?saved=ended")


async def end_others(call: Call[None]) -> Response:
    """End all sessions but this one."""
    await call.part(Account).end_others(call.me, call.visitor)
    return call.redirect("/account/sessions?saved=others")


async def prefer(call: Call[PreferencesForm]) -> Response:
    """Remember a language or a theme, and go back to where the person was."""
    response = call.redirect(safe_return(call.body.return_to, "/"))
    language, theme = known_language(call.body.lang), call.body.theme
    if language is not None:
        call.web.cookies.put(response, "lang", language, PREFERENCES_FOR)
    if theme in THEMES:
        call.web.cookies.put(response, "theme", theme, PREFERENCES_FOR)
    return response


def _row(entry: SessionEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "device": entry.device,
        "place": entry.place,
        "last_used": entry.last_used_at,
        "created": entry.created_at,
        "current": entry.current,
        "kind": kind_of(entry),
    }


def _done(call: Call[Any], *words: str) -> str | None:
    """Return what was just done, in words, when the address of the page says so."""
    saved = call.request.query_params.get("saved")
    return call.t(f"account.saved_{saved}") if saved in words else None


doors = [
    page_get("/account", show, who=Who.SUBSCRIBER),
    page_post("/account", save, body=ProfileForm, again=show, who=Who.SUBSCRIBER),
    page_get("/account/sessions", list_sessions, who=Who.SUBSCRIBER),
    page_post("/account/sessions/end-others", end_others, who=Who.SUBSCRIBER),
    page_post("/account/sessions/{id}/end", end_session, who=Who.SUBSCRIBER),
    page_post("/preferences", prefer, body=PreferencesForm, limits=("page",)),
]
