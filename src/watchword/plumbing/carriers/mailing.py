"""Mailing: a letter is given to one carrier after another (`failover`), and each try is counted and timed."""

from collections.abc import Sequence

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.messages import Message
from watchword.kernel.ports import Mailer
from watchword.plumbing.carriers.carrier import Try
from watchword.plumbing.carriers.failover import Failover
from watchword.plumbing.metrics.counting import Metrics


class Mailing(Failover[Message]):
    """The carriers of letters, in their order."""

    def __init__(
        self, mailers: Sequence[Mailer], clock: Clock, chance: Chance, metrics: Metrics
    ) -> None:
        """Give letters to these."""
        super().__init__(mailers, clock, chance)
        self._metrics = metrics

    def note(self, what: Message, tried: Try) -> None:
        """Count and time a try."""
        self._metrics.email_seconds.labels(tried.carrier).observe(tried.seconds)
        self._metrics.emails.labels(tried.carrier, what.known_as, tried.result).inc()
