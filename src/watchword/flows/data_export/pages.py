"""Data export's doors for people: a section of the account, and the page behind the letter's link."""

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from watchword.flows.data_export.service import DataExport
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.plumbing.web.link_page import link_page, link_token

_DOWNLOAD = "/account/data/download"


class LinkForm(Body, frozen=True):
    """The token of the link."""

    token: str


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show what one may do with one's data, and how far an export is."""
    exports = await call.part(DataExport).see(call.me.user_id)
    asked = call.request.query_params.get("saved") == "asked"
    return call.page(
        "data_export/data.html",
        exports=[
            {
                "state": each.state,
                "asked": each.asked_at,
                "ends": each.expires_at,
                "share": 100 * each.done // each.total if each.total else 0,
            }
            for each in exports
        ],
        under_way=any(each.state in {"waiting", "preparing"} for each in exports),
        done=call.t("data_export.asked") if asked else None,
        errors=call.faults(problem),
    )


async def ask(call: Call[None]) -> Response:
    """Have an export prepared, by the button."""
    await call.part(DataExport).ask(call.me.user_id, call.visitor)
    return call.redirect("/account/data?saved=asked")


async def show_download(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show the button that downloads; opening the page spends nothing. It opens for its owner alone."""
    caller = call.caller
    if caller is None:
        back = f"{_DOWNLOAD}?token={link_token(call)}"
        return call.redirect(f"/login?return_to={quote(back, safe='/')}")

    async def look(token: Secret) -> dict[str, Any]:
        await call.part(DataExport).look(caller.user_id, token)
        return {}

    return await link_page(call, "data_export/download.html", look, problem)


async def download(call: Call[LinkForm]) -> Response:
    """Give the file, once."""
    token = Secret(call.body.token)
    return call.file(await call.part(DataExport).take(call.me.user_id, token, call.visitor))


doors = [
    page_get("/account/data", show, who=Who.SUBSCRIBER),
    page_post("/account/data", ask, again=show, who=Who.SUBSCRIBER),
    page_get(_DOWNLOAD, show_download, who=Who.NOTICED),
    page_post(_DOWNLOAD, download, body=LinkForm, again=show_download, who=Who.SUBSCRIBER),
]
