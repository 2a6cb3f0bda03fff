"""A plain telephone, as the gateway of a mobile network tells of it: all that was typed so far, signed."""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

import httpx2

from tests.support.world import World
from watchword.kernel.secret import Secret
from watchword.plumbing.ussd.gsm import MOST_SEPTETS
from watchword.records.pins.service import Pins
from watchword.records.subscribers.rules import Subscriber

CALLBACK = "/api/v1/ussd/callback"
GATEWAY = "gateway-7c41d9e07f52b8631d0ea94c7b25f8d6e3"
FORM = "application/x-www-form-urlencoded"
ALICE, NUMBER, OTHER = "alice@example.org", "+221770123456", "+221770987654"
PIN = "0937"


@dataclass
class Handset:
    """A telephone and where it is in a session."""

    client: httpx2.AsyncClient
    now: Callable[[], float] = time.time
    number: str = NUMBER
    session: str = field(default_factory=lambda: f"ATUid_{uuid4().hex}")
    service_code: str = "*384*7#"
    typed: list[str] = field(default_factory=list)

    async def dial(self, session: str) -> str:
        """Begin a session."""
        self.session, self.typed = session, []
        return await self.post()

    async def press(self, *inputs: str) -> str:
        """Type and send."""
        self.typed.extend(inputs)
        return await self.post()

    async def post(self, text: str | None = None, **changed: str) -> str:
        """Post what the gateway would, and return the screen."""
        answer = await self.send(text, **changed)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text.startswith(("CON ", "END "))
        assert len(answer.text) <= MOST_SEPTETS
        return answer.text

    async def send(self, text: str | None = None, **changed: str) -> httpx2.Response:
        """Post, and return the bare answer."""
        told = {
            "sessionId": self.session,
            "phoneNumber": self.number,
            "serviceCode": self.service_code,
            "networkCode": "60801",
            "text": "*".join(self.typed) if text is None else text,
            **changed,
        }
        body = urlencode(told)
        return await self.client.post(CALLBACK, content=body, headers=self.signed(body))

    def signed(self, body: str | bytes, secret: str = GATEWAY, age: int = 0) -> dict[str, str]:
        """Return the headers of a signed post."""
        timestamp = str(int(self.now()) - age)
        told = body.encode() if isinstance(body, str) else body
        mac = hmac.digest(secret.encode(), timestamp.encode() + b"." + told, "sha256").hex()
        return {
            "Content-Type": FORM,
            "X-Ussd-Timestamp": timestamp,
            "X-Ussd-Signature": mac,
        }


def handset_in(world: World, client: httpx2.AsyncClient, number: str = NUMBER) -> Handset:
    """Return a telephone that lives by the clock of a world."""
    return Handset(client, lambda: world.clock.now().timestamp(), number)


async def at_the_pin(world: World, handset: Handset, session: str = "ATUid_1") -> str:
    """Go to where the PIN is chosen; return the code that led there."""
    await handset.dial(session)
    await handset.press("1")
    code = await world.texted(handset.number)
    assert "nouveau PIN de 4 chiffres" in await handset.press(code)
    return code


async def holds(world: World, owner: Subscriber, pin: str = PIN) -> bool:
    """Tell whether this is an account's PIN."""
    tried = await world.part(Pins).check(world.database, owner.id, Secret(pin), world.clock.now())
    return tried.right
