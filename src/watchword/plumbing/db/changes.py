"""What processes tell one another: a session ended, an account changed, a letter waits.

A transaction `announce`s a topic; after its commit every process that listens hears of it: this one
at once, the others by LISTEN/NOTIFY on PostgreSQL or, on SQLite, by `PRAGMA data_version`, which is looked
at whenever the file's log was written to. Whoever caches asks `trusted()`: it is true only while news is
proven to arrive (a beat sent through the channel came back within the last second); when it is false,
caches are off.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

Listener = Callable[[str], None]

SESSIONS: Final = "sessions"
OUTBOX: Final = "outbox"
KEYS: Final = "keys"
EVERYTHING: Final = "*"

TRUST_SECONDS: Final = 0.9


class Changes:
    """The news of one process."""

    def __init__(self) -> None:
        """Start with no listener and no trust."""
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._trusted_until = 0.0

    def listen(self, topic: str, listener: Listener) -> None:
        """Call the listener with the subject of every news of that topic; "" means all of them."""
        self._listeners[topic].append(listener)

    def tell(self, topic: str, subject: str = "") -> None:
        """Pass the news on to the listeners of this process."""
        topics = list(self._listeners) if topic == EVERYTHING else [topic]
        for name in topics:
            for listener in self._listeners[name]:
                listener("" if topic == EVERYTHING else subject)

    def trust_until(self, moment: float) -> None:
        """Believe in the channel until then (monotonic seconds)."""
        self._trusted_until = moment

    def trusted(self, moment: float) -> bool:
        """Tell whether news is known to arrive at this moment (monotonic seconds)."""
        return moment < self._trusted_until
