"""The flags' doors, for administrators who signed in a short while ago."""

from typing import Any

from starlette.responses import Response

from watchword.kernel.problems import NotFound
from watchword.operations.flags.rules import FlagsTold, FlagTold, SetFlag, Wish, wish
from watchword.operations.flags.service import Switching
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, delete, get, put


async def list_flags(call: Call[None]) -> Response:
    """List every flag there is and how it stands."""
    return call.json(FlagsTold(flags=await call.part(Switching).every()))


async def show(call: Call[None]) -> Response:
    """Show how a flag stands."""
    return call.json(await call.part(Switching).show(_name(call)))


async def set_flag(call: Call[SetFlag]) -> Response:
    """Switch a flag in every process: on, off, or on for a share of those whom it is about."""
    return await _switch(call, wish(call.body.value, call.body.tenant))


async def clear(call: Call[None]) -> Response:
    """Leave a flag to its default again; with `tenant`, that tenant to what holds for all."""
    return await _switch(call, wish(None, call.request.query_params.get("tenant", "")))


async def _switch(call: Call[Any], wanted: Wish) -> Response:
    by = str(call.me.user_id)
    return call.json(await call.part(Switching).switch(_name(call), wanted, by, call.visitor))


def _name(call: Call[Any]) -> str:
    return str(call.request.path_params["name"])


doors = [
    get("/admin/flags", list_flags, answer=FlagsTold, who=Who.ADMIN),
    get("/admin/flags/{name}", show, answer=FlagTold, who=Who.ADMIN, problems=(NotFound,)),
    put(
        "/admin/flags/{name}",
        set_flag,
        body=SetFlag,
        answer=FlagTold,
        who=Who.ADMIN,
        problems=(NotFound,),
    ),
    delete(
        "/admin/flags/{name}",
        clear,
        answer=FlagTold,
        who=Who.ADMIN,
        query={"tenant": "A tenant's id; else what holds for all is taken away."},
        problems=(NotFound,),
    ),
]
