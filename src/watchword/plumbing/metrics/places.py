"""Places: countries as a label of metrics, of which there are never more than the world has.

Two letters of ISO 3166-1 that telephone numbers have; whatever else somebody may have sent is `unknown`.
"""

from typing import Final

from prometheus_client import Counter

from watchword.plumbing.contact import CHANNELS, countries_with_numbers

UNKNOWN: Final = "unknown"


class ByPlace:
    """A counter by channel and country."""

    def __init__(self, counter: Counter) -> None:
        """Count with this one."""
        self._counter = counter

    def labels(self, channel: str, country: str) -> Counter:
        """Return the series of a place; what is no channel, or no country, is unknown."""
        return self._counter.labels(
            channel if channel in CHANNELS else UNKNOWN, country_label(country)
        )


def country_label(country: str) -> str:
    """Return a country as a label."""
    return country if country in countries_with_numbers() else UNKNOWN
