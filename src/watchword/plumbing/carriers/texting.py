"""Texting: a text is given to one carrier after another, if texts may go to its country, and is counted.

Who may make us send texts may make us pay for them (toll fraud, "SMS pumping"): `SMS_ALLOWED_COUNTRIES`
names where they may go. What comes of it is a value, as with letters (`failover`).
"""

from collections.abc import Sequence

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.messages import CODE, Text
from watchword.kernel.ports import Texter
from watchword.plumbing.carriers.carrier import Try, TryResult
from watchword.plumbing.carriers.failover import Asking, Failover, Handover
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.metrics.places import country_label


class Texting(Failover[Text]):
    """The carriers of texts, in their order; an empty set of countries is everywhere."""

    def __init__(
        self,
        texters: Sequence[Texter],
        clock: Clock,
        chance: Chance,
        metrics: Metrics,
        countries: frozenset[str] = frozenset(),
    ) -> None:
        """Give texts to these."""
        super().__init__(texters, clock, chance)
        self._metrics = metrics
        self.countries = countries

    def note(self, what: Text, tried: Try) -> None:
        """Count a try."""
        country = country_label(what.country)
        self._metrics.texts.labels(tried.carrier, country, tried.result).inc()

    async def send(
        self,
        what: Text,
        only: str | None = None,
        perhaps_at: str | None = None,
        asking: Asking | None = None,
        urgency: int = CODE,
        *,
        tried: bool = False,
    ) -> Handover:
        """Give it to one after another; nobody is asked about a country that texts may not go to."""
        if not self.countries or what.country in self.countries:
            return await super().send(what, only, perhaps_at, asking, urgency, tried=tried)
        reason = f"texts may not go to {what.country or 'a number of no country'}"
        refused = Try(carrier=self.names[0], result=TryResult.REFUSED, reason=reason)
        self.note(what, refused)
        return Handover(tries=(refused,))
