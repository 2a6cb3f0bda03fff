"""Password change's door for programs."""

from starlette.responses import Response

from watchword.flows.password_change.rules import PasswordChangeDone
from watchword.flows.password_change.service import PasswordChange
from watchword.kernel.problems import Conflict
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.throttle import TooManyAttempts
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post


class ChangePassword(Body, frozen=True):
    """The present password, and the one to be."""

    current_password: str
    new_password: str


async def change(call: Call[ChangePassword]) -> Response:
    """Change the password; every other session ends and this one is renewed."""
    current, new = Secret(call.body.current_password), Secret(call.body.new_password)
    renewed = await call.part(PasswordChange).change(call.me, current, new, call.visitor)
    return call.let_in(call.json(renewed.answer), renewed.admission, renewed.device)


doors = [
    post(
        "/auth/change-password",
        change,
        body=ChangePassword,
        answer=PasswordChangeDone,
        who=Who.SUBSCRIBER,
        problems=(TooManyAttempts, Conflict),
    ),
]
