"""The mailbox's doors for scripts. They stand at the root and exist in development only."""

from starlette.responses import Response

from watchword.flows.dev_mailbox.rules import CaughtLetter, Mailbox, Whose, caught_letter, enabled
from watchword.kernel.problems import NotFound
from watchword.plumbing.db import dev_messages
from watchword.plumbing.db.ports import Database
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import get

__all__ = ["doors", "enabled"]


async def every(call: Call[Whose]) -> Response:
    """List the letters, newest first."""
    found = await dev_messages.page(_database(call), to=call.body.to)
    return call.json(Mailbox(messages=[caught_letter(each) for each in found]))


async def newest(call: Call[Whose]) -> Response:
    """Tell the code and the link of the last letter that has a code or a token."""
    found = await dev_messages.newest(_database(call), to=call.body.to)
    if found is None:
        raise NotFound("There is no such letter yet.")
    return call.json(caught_letter(found))


def _database(call: Call[Whose]) -> Database:
    return call.part(Database)


doors = [
    get("/dev/mail.json", every, body=Whose, answer=Mailbox, root=True, limits=(), hidden=True),
    get(
        "/dev/mail/newest.json",
        newest,
        body=Whose,
        answer=CaughtLetter,
        root=True,
        limits=(),
        problems=(NotFound,),
        hidden=True,
    ),
]
