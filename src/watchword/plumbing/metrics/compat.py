"""Metrics under the names that dashboards of a seed system ask for, made of ours at each scrape.

METRICS_COMPAT=molam   molam_id_otp_failures_total, molam_id_request_duration_seconds{status},
                       molam_id_password_reset_requests_total{country},
                       molam_id_pin_reset_requests_total{channel}, molam_id_rate_limited_total{route}
"""

from collections.abc import Callable, Mapping
from typing import Final

from watchword.plumbing.metrics.snapshots import Joined, Labels, Series, Snapshot, histogram, total

MOLAM: Final = "molam"


def molam(snapshot: Snapshot) -> list[Series]:
    """Return Molam's metrics."""
    known = {each.name: each for each in snapshot.series}
    by_status = total(
        Snapshot([(("", "", status), counts)]) for (_, _, status), counts in snapshot.requests
    )
    timed = [((("status", str(status)),), counts) for (_, _, status), counts in by_status.requests]
    return [
        _sums(known, "otp_validated_total", "otp_failures", result="failed"),
        histogram("molam_id_request_duration_seconds", "Seconds until answered.", timed),
        _sums(known, "password_reset_requests_total", "password_reset_requests", by="country"),
        _sums(known, "ussd_pin_reset_requests_total", "pin_reset_requests", by="channel"),
        _sums(known, "rate_limit_hits_total", "rate_limited", by="route"),
    ]


def _sums(known: Mapping[str, Series], ours: str, theirs: str, by: str = "", **only: str) -> Series:
    """Return one of our counters under their name, summed up by one label or altogether."""
    sums: dict[Labels, float] = {} if by else {(): 0.0}
    for _, labels, value in known[ours].samples if ours in known else ():
        told = dict(labels)
        if only.items() <= told.items():
            key: Labels = ((by, told[by]),) if by else ()
            sums[key] = sums.get(key, 0.0) + value
    name = f"molam_id_{theirs}_total"
    samples = [(name, labels, value) for labels, value in sums.items()]
    return Series(name, "counter", f"The same as {ours}.", Joined.ADDED, samples)


COMPAT: Final[Mapping[str, Callable[[Snapshot], list[Series]]]] = {
    "": lambda _snapshot: [],
    MOLAM: molam,
}
