"""The mailbox's doors for people. They exist in development only."""

from starlette.responses import Response

from watchword.flows.dev_mailbox.rules import LETTER_HEADERS, TABS, enabled, shown
from watchword.kernel import ids
from watchword.kernel.problems import NotFound
from watchword.plumbing.db import dev_messages
from watchword.plumbing.db.dev_messages import DevMessage
from watchword.plumbing.db.ports import Database
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get

__all__ = ["doors", "enabled"]


async def show_all(call: Call[None]) -> Response:
    """Show every letter, newest first."""
    to = call.request.query_params.get("to") or None
    found = await dev_messages.page(_database(call), to=to)
    return call.page("dev_mailbox/mailbox.html", messages=[shown(each) for each in found])


async def show(call: Call[None]) -> Response:
    """Show one letter: as it looks, as text, or as its source."""
    letter = await _letter(call)
    tab = call.request.query_params.get("tab") if letter.html else "text"
    return call.page(
        "dev_mailbox/message.html",
        message=shown(letter),
        tab=tab if tab in TABS else TABS[0],
        text=letter.text,
        source=letter.raw,
    )


async def html(call: Call[None]) -> Response:
    """Serve the HTML part alone: styles of its own, no scripts, in a sandbox."""
    letter = await _letter(call)
    return Response(letter.html, media_type="text/html; charset=utf-8", headers=LETTER_HEADERS)


async def text(call: Call[None]) -> Response:
    """Serve the text part."""
    return _plain((await _letter(call)).text)


async def source(call: Call[None]) -> Response:
    """Serve the letter as it would have gone over the wire."""
    return _plain((await _letter(call)).raw)


async def _letter(call: Call[None]) -> DevMessage:
    message_id = ids.parse(call.request.path_params["id"])
    found = await dev_messages.find(_database(call), message_id) if message_id else None
    if found is None:
        raise NotFound
    return found


def _database(call: Call[None]) -> Database:
    return call.part(Database)


def _plain(body: str) -> Response:
    return Response(
        body, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


doors = [
    page_get("/dev/mail", show_all, limits=()),
    page_get("/dev/mail/{id}", show, limits=()),
    page_get("/dev/mail/{id}/html", html, limits=()),
    page_get("/dev/mail/{id}/text", text, limits=()),
    page_get("/dev/mail/{id}/source", source, limits=()),
]
