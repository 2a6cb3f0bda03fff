"""A risk engine that is told of signals, and facts for the journal to have."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from tests.support.stub import Asked, Stub
from tests.support.world import World
from watchword.kernel.facts import Fact
from watchword.kernel.ports import Visitor
from watchword.operations.risk.service import Risk
from watchword.plumbing.db.journal import Journal
from watchword.records.resets.rules import PasswordResetRequested
from watchword.records.signals.service import Signals
from watchword.records.tickets.rules import FAILED, SUCCESS, CodeTried

KEY = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()
OTHER_KEY = "whsec_" + b64encode(b"another key of thirty-two bytes!").decode()
EVERY = timedelta(seconds=1)


def sira(url: str, **more: str) -> dict[str, str]:
    """Return the settings by which signals go to an address of this machine."""
    return {
        "SIRA_ENABLED": "true",
        "SIRA_WEBHOOK_URL": f"{url}/signals",
        "SIRA_WEBHOOK_SECRET": KEY,
        "SIRA_WEBHOOK_NETWORKS": "127.0.0.0/8",
        **more,
    }


def is_signed(asked: Asked, key: str) -> bool:
    """Tell whether a post carries the signature of this key, as Standard Webhooks says."""
    told = asked.headers
    content = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + asked.body
    digest = hmac.digest(b64decode(key.removeprefix("whsec_")), content, "sha256")
    wanted = f"v1,{b64encode(digest).decode()}"
    return any(hmac.compare_digest(wanted, each) for each in told["webhook-signature"].split())


def visitor(address: str) -> Visitor:
    """Return somebody who comes from an address."""
    return Visitor(
        address=address, network=address, user_agent="a test", language="en", request_id="r"
    )


async def write(world: World, *facts: Fact, address: str = "203.0.113.7") -> None:
    """Let facts happen, a second apart."""
    for fact in facts:
        async with world.database.transaction() as tx:
            await world.part(Journal).record(tx, fact, world.clock.now(), visitor(address))
        world.clock.advance(EVERY)


def codes(results: str, country: str = "DZ") -> Sequence[CodeTried]:
    """Return codes that were tried: `+` was right, `-` was wrong."""
    return [
        CodeTried(
            purpose="sign_in",
            result=SUCCESS if each == "+" else FAILED,
            channel="sms",
            country=country,
        )
        for each in results
    ]


def resets(*whose: UUID, country: str = "") -> Sequence[Fact]:
    """Return resets that were asked for."""
    return [PasswordResetRequested(user_id=each, channel="sms", country=country) for each in whose]


async def look(world: World) -> int:
    """Let a worker look at the journal and post what it saw; return how many signals it raised."""
    raised = await world.part(Risk).look()
    await world.part(Signals).carry()
    return raised


def told(receiver: Stub) -> list[tuple[str, str]]:
    """Return which signals a receiver got, and why."""
    return [(asked.json["type"], asked.json["data"]["reason"]) for asked in receiver.asked]
