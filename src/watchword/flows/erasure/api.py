"""Erasure's doors for programs."""

from starlette.responses import Response

from watchword.flows.erasure.rules import ErasureUndone, Receipt, UndoErasure
from watchword.flows.erasure.service import Erasing
from watchword.kernel.secret import Secret
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, delete, post
from watchword.records.subscribers.rules import LastAdmin
from watchword.records.tickets.rules import LINK_PROBLEMS


async def ask(call: Call[None]) -> Response:
    """Close the caller's account, to be erased when the time to undo it is over; answer the receipt."""
    receipt = await call.part(Erasing).ask(call.me, call.visitor)
    return call.let_out(call.json(receipt, 202))


async def undo(call: Call[UndoErasure]) -> Response:
    """Take the erasure back by the link of its letter."""
    status = await call.part(Erasing).undo(Secret(call.body.token), call.visitor)
    return call.json(ErasureUndone(status=status))


doors = [
    *(
        delete(path, ask, answer=Receipt, status=202, who=Who.FRESH, problems=(LastAdmin,))
        for path in ("/auth/me", "/me")
    ),
    post(
        "/auth/erasure/undo",
        undo,
        body=UndoErasure,
        answer=ErasureUndone,
        problems=LINK_PROBLEMS,
    ),
]
