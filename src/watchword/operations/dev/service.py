"""A plain telephone: it repeats all that was typed, as a gateway does."""

from collections.abc import AsyncIterator

from watchword.kernel.chance import Chance
from watchword.kernel.parts import service
from watchword.operations.dev.rules import NOWHERE, NotDeveloping
from watchword.plumbing.ports import TelephoneMenu
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.settings.server import DEVELOPMENT
from watchword.plumbing.ussd.gateway import DEV_SERVICE_CODE, Dialled
from watchword.records.deliveries.service import Deliveries
from watchword.records.texts.service import Texts


@service
class Handset:
    """Dials the menu, and has what it sends carried."""

    menu: TelephoneMenu
    texts: Texts
    deliveries: Deliveries
    server: ServerSettings
    chance: Chance

    async def dial(self, number: str, lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
        """Yield `CON` or `END` and the screen, for the call and for each line. Problem: `not_developing`."""
        if self.server.environment != DEVELOPMENT:
            raise NotDeveloping
        session = self.chance.draw(8).hex()
        typed: list[str] = []
        yield await self._answer(session, number, typed)
        async for line in lines:
            typed += line.split("*")
            word, screen = await self._answer(session, number, typed)
            yield word, screen
            if word == "END":
                return

    async def _answer(self, session: str, number: str, typed: list[str]) -> tuple[str, str]:
        dialled = Dialled(
            session_id=session, number=number, service_code=DEV_SERVICE_CODE, inputs=tuple(typed)
        )
        word, _, screen = (await self.menu.answer(dialled, NOWHERE)).partition(" ")
        while await self.texts.carry() + await self.deliveries.carry():
            pass
        return word, screen
