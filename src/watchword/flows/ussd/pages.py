"""A plain telephone in the browser. It exists in development only."""

from typing import Any

from starlette.responses import Response

from watchword.flows.ussd.rules import dialler
from watchword.flows.ussd.service import UssdMenu
from watchword.kernel.problems import Problem
from watchword.plumbing.contact import phone_number
from watchword.plumbing.house import House
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.settings.server import DEVELOPMENT
from watchword.plumbing.shapes import Body
from watchword.plumbing.ussd.gateway import DEV_NUMBER, DEV_SERVICE_CODE, Dialled
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get, page_post


class Press(Body, frozen=True):
    """The number, the session and what was typed in it so far; what is typed now."""

    number: str
    session: str = ""
    typed: str = ""
    press: str = ""


async def show(call: Call[Any], problem: Problem | None = None) -> Response:
    """Show a telephone that has dialled nothing yet."""
    number = call.form.get("number", DEV_NUMBER)
    return call.page("ussd/telephone.html", number=number, errors=call.faults(problem))


async def press(call: Call[Press]) -> Response:
    """Send what was typed, as a gateway would, and show the screen."""
    number = phone_number(call.body.number, None, "number")
    begins = not call.body.session
    session = call.web.chance.draw(8).hex() if begins else call.body.session
    typed = [*filter(None, [call.body.typed]), *([] if begins else [call.body.press])]
    inputs = tuple("*".join(typed).split("*")) if typed else ()
    dialled = Dialled(
        session_id=session, number=number, service_code=DEV_SERVICE_CODE, inputs=inputs
    )
    word, _, screen = (await call.part(UssdMenu).answer(dialled, dialler(call.visitor))).partition(
        " "
    )
    return call.page(
        "ussd/telephone.html",
        number=number,
        session=session,
        typed=dialled.typed,
        screen=screen,
        goes_on=word == "CON",
        errors=[],
    )


def enabled(house: House) -> bool:
    """Tell whether there is a telephone: in development only."""
    return house.part(ServerSettings).environment == DEVELOPMENT


doors = [
    page_get("/dev/ussd", show, limits=()),
    page_post("/dev/ussd", press, body=Press, again=show, limits=()),
]
