"""The level of the log, for administrators who signed in a short while ago."""

from starlette.responses import Response

from watchword.operations.logs.rules import LevelTold, SetLevel
from watchword.operations.logs.service import LogLevel
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, put


async def set_level(call: Call[SetLevel]) -> Response:
    """Set the level of the log in every process, until it is started anew."""
    level = call.body.level
    await call.part(LogLevel).set(level, str(call.me.user_id), call.visitor)
    return call.json(LevelTold(level=level))


doors = [put("/admin/log-level", set_level, body=SetLevel, answer=LevelTold, who=Who.ADMIN)]
