"""Back-off: who failed is left alone twice as long each time, and never all at the same moment."""

from datetime import timedelta

_MOST_DOUBLINGS = 32


def pause(
    failures: int,
    shortest: timedelta,
    longest: timedelta,
    jitter: float,
    asked_for: timedelta | None = None,
) -> timedelta:
    """Return how long to wait after so many failures in a row.

    At least as long as they `asked_for`; and up to a quarter more, by chance (`jitter`, from 0 to 1).
    """
    wait = min(shortest * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), longest)
    return max(wait, asked_for or wait) * (1 + jitter / 4)
