"""Data export's doors for programs."""

from typing import Any

from starlette.responses import Response

from watchword.flows.data_export.rules import (
    ExportList,
    ExportTooLarge,
    TakeExport,
    WantedForm,
)
from watchword.flows.data_export.service import DataExport
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, get, post
from watchword.records.tickets.rules import LINK_PROBLEMS


async def export(call: Call[WantedForm]) -> Response:
    """Give the caller all that is known of them, as JSON or CSV."""
    form = call.body.format
    return call.file(await call.part(DataExport).now(call.me.user_id, form, call.visitor))


async def ask(call: Call[None]) -> Response:
    """Have both forms prepared; a letter brings the link."""
    told = await call.part(DataExport).ask(call.me.user_id, call.visitor)
    return call.json(ExportList(exports=tuple(told)), 202)


async def see(call: Call[None]) -> Response:
    """Tell how far the caller's exports are."""
    return call.json(ExportList(exports=tuple(await call.part(DataExport).see(call.me.user_id))))


async def take(call: Call[TakeExport]) -> Response:
    """Give a prepared export to whom it is about, once."""
    token = Secret(call.body.token)
    return call.file(await call.part(DataExport).take(call.me.user_id, token, call.visitor))


async def schema(call: Call[WantedForm]) -> Response:
    """Tell the schema of the JSON, or of the CSV."""
    return call.json(call.part(DataExport).schemas()[call.body.format])


_ME: Any = {"who": Who.SUBSCRIBER}
doors = [
    get("/me/export", export, body=WantedForm, problems=(ExportTooLarge,), **_ME),
    get("/me/exports", see, answer=ExportList, **_ME),
    post("/me/exports", ask, answer=ExportList, status=202, **_ME),
    post(
        "/me/exports/download",
        take,
        body=TakeExport,
        media_type="application/zip",
        problems=LINK_PROBLEMS,
        **_ME,
    ),
    get("/export/schema", schema, body=WantedForm),
]
