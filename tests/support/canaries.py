"""Canaries: what no log, metric or trail may hold, looked for in every world when its story ends."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import generate_latest
from sqlalchemy import select

from watchword.app.wiring import House
from watchword.kernel.messages import Message
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement
from watchword.plumbing.metrics.counting import Metrics

_TOKEN = re.compile(r"ww[a-z]{1,3}_\d{1,4}_[0-9A-Za-z]{49}")
_ADDRESS = re.compile(r"[\w.+-]+@example\.(?:org|com|net)")
_TRAIL = statement(select(journal.c.facts, journal.c.user_agent, journal.c.request_id))


def planted(secrets: Iterable[str], messages: Iterable[Message]) -> Iterator[str]:
    """Yield what nobody may tell: the secrets, and those that were sent to people."""
    yield from secrets
    for message in messages:
        yield from _TOKEN.findall(message.text)
        if message.code:
            yield message.code


def told(secrets: Iterable[str], text: str) -> list[str]:
    """Return the secrets and the addresses of mailboxes that a text holds."""
    return sorted({each for each in secrets if says(text, each)} | set(_ADDRESS.findall(text)))


def says(text: str, secret: str) -> bool:
    """Tell whether a text holds a secret; digits count where they are no part of an id or a moment."""
    if not secret.isdigit():
        return secret in text
    return re.search(rf"(?<![0-9a-f.]){secret}(?![0-9a-f])", text) is not None


def metrics_of(house: House) -> str:
    """Return every metric as it is scraped."""
    return generate_latest(house.part(Metrics).registry).decode()


async def trail_of(database: Any) -> str:
    """Return the audit trail."""
    return repr(await database.all(_TRAIL))
