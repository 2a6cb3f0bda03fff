"""Texting: a text leaves for a telephone, if texts may go to its country, and is counted.

Who may make us send texts may make us pay for them (toll fraud, "SMS pumping"): `SMS_ALLOWED_COUNTRIES`
names where they may go. What comes of it is a value, as with letters (`carriers`).
"""

import time
from dataclasses import dataclass, replace

from watchword.kernel.messages import Text
from watchword.kernel.ports import Texter
from watchword.plumbing.carriers import Result, Try, give
from watchword.plumbing.metrics import Metrics


def country_of(number: str) -> str:
    """Return the two letters of the country that a number (E.164) belongs to; empty: of none."""
    import phonenumbers  # noqa: PLC0415 - large, and few processes need it at once

    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""


@dataclass(frozen=True, slots=True)
class Texting:
    """Sends texts by one carrier; an empty set of countries is everywhere."""

    texter: Texter
    metrics: Metrics
    countries: frozenset[str] = frozenset()

    async def send(self, text: Text) -> Try:
        """Send the text, and say what came of it."""
        if self.countries and text.country not in self.countries:
            reason = f"texts may not go to {text.country or 'a number of no country'}"
            tried = Try(carrier=self.texter.name, result=Result.REFUSED, reason=reason)
        else:
            started = time.monotonic()
            tried = replace(await give(self.texter, text), seconds=time.monotonic() - started)
        country = text.country or "unknown"
        self.metrics.texts.labels(self.texter.name, country, tried.result).inc()
        return tried
