"""Password change's door for people: the security page of the account."""

from starlette.responses import Response

from watchword.flows.password_change.service import PasswordChange
from watchword.kernel.identity import IdentityProviders
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.shapes import Body
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, page_get, page_post
from watchword.records.passwords.rules import PasswordSettings


class PasswordForm(Body, frozen=True):
    """The present password, and the one to be."""

    current_password: str
    new_password: str


async def show(call: Call[None], problem: Problem | None = None) -> Response:
    """Show since when the password holds, and the form that changes it."""
    since = await call.part(PasswordChange).since(call.me)
    saved = call.request.query_params.get("saved") == "password" and problem is None
    return call.page(
        "password_change/security.html",
        email=call.me.email,
        min_length=call.part(PasswordSettings).min_length,
        password_changed_at=since,
        others=bool(call.part(IdentityProviders).each),
        done=call.t("password_change.saved") if saved else None,
        errors=call.faults(problem),
    )


async def change(call: Call[PasswordForm]) -> Response:
    """Change the password, and come back under the new session."""
    current, new = Secret(call.body.current_password), Secret(call.body.new_password)
    renewed = await call.part(PasswordChange).change(call.me, current, new, call.visitor)
    response = call.redirect("/account/security?saved=password")
    return call.let_in(response, renewed.admission, renewed.device)


doors = [
    page_get("/account/security", show, who=Who.SUBSCRIBER),
    page_post("/account/security", change, body=PasswordForm, again=show, who=Who.SUBSCRIBER),
]
