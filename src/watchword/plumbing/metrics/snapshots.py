"""Snapshots: what one process has counted at one moment, and what several come to together.

    requests   counts by method, route and status, one list each (see `counting.Requests`)
    series     everything else, sample by sample, by how the processes' samples become one:
               ADDED      counters and histograms; what a successor counts on from
               PRESENT    gauges of a process, such as its connections: added while it lives
               SHARED     gauges of the whole service: the first process that tells has it right

Packed by msgspec to stand on the board; written out in the text format of Prometheus, version 0.0.4.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import accumulate
from typing import Final

import msgspec

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LE = [*(str(bound) for bound in BUCKETS), "+Inf"]

Labels = tuple[tuple[str, str], ...]
Request = tuple[str, str, int]


class Joined(StrEnum):
    """How the samples of several processes become one."""

    ADDED = "added"
    PRESENT = "present"
    SHARED = "shared"


class Series(msgspec.Struct, frozen=True, array_like=True):
    """One metric; `kind` is Prometheus' word for its type, samples are name, labels and value."""

    name: str
    kind: str
    meaning: str
    joined: Joined
    samples: list[tuple[str, Labels, float]]


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """Everything at one moment."""

    requests: list[tuple[Request, list[float]]] = []
    series: list[Series] = []

    def lasting(self) -> "Snapshot":
        """Return what stays true when the process has died."""
        added = [each for each in self.series if each.joined is Joined.ADDED]
        return Snapshot(self.requests, added)


pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Snapshot).decode


def total(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return what they come to together."""
    requests: dict[Request, list[float]] = {}
    series: dict[str, list[Series]] = {}
    for snapshot in snapshots:
        for key, counts in snapshot.requests:
            known = requests.get(key)
            requests[key] = [a + b for a, b in zip(known, counts, strict=True)] if known else counts
        for each in snapshot.series:
            series.setdefault(each.name, []).append(each)
    return Snapshot(list(requests.items()), [_joined(alike) for alike in series.values()])


def _joined(alike: Sequence[Series]) -> Series:
    first = alike[0]
    if first.joined is Joined.SHARED:
        return next((each for each in alike if each.samples), first)
    sums: dict[tuple[str, Labels], float] = {}
    for each in alike:
        for name, labels, value in each.samples:
            sums[name, labels] = sums.get((name, labels), 0.0) + value
    samples = [(name, labels, value) for (name, labels), value in sums.items()]
    return msgspec.structs.replace(first, samples=samples)


def described(snapshot: Snapshot) -> list[Series]:
    """Return every metric, the two of requests among them."""
    counted, timed = "http_requests_total", "http_request_duration_seconds"
    by_labels: list[tuple[Labels, list[float]]] = [
        ((("method", method), ("route", route), ("status", str(status))), counts)
        for (method, route, status), counts in snapshot.requests
    ]
    totals: list[tuple[str, Labels, float]] = [
        (counted, labels, sum(counts[:-1])) for labels, counts in by_labels
    ]
    return [
        Series(counted, "counter", "Requests answered.", Joined.ADDED, totals),
        histogram(timed, "Seconds until answered.", by_labels),
        *snapshot.series,
    ]


def histogram(name: str, meaning: str, lists: Iterable[tuple[Labels, list[float]]]) -> Series:
    """Turn lists of counts, the sum of seconds at their end, into a histogram."""
    samples: list[tuple[str, Labels, float]] = []
    for labels, counts in lists:
        running = list(accumulate(counts[:-1]))
        samples += [
            (f"{name}_bucket", (*labels, ("le", bound)), up_to)
            for bound, up_to in zip(_LE, running, strict=True)
        ]
        samples.append((f"{name}_count", labels, running[-1]))
        samples.append((f"{name}_sum", labels, counts[-1]))
    return Series(name, "histogram", meaning, Joined.ADDED, samples)


def exposition(told: Iterable[Series]) -> bytes:
    """Write metrics as Prometheus reads them."""
    lines: list[str] = []
    for each in told:
        lines.append(f"# HELP {each.name} {each.meaning}")
        lines.append(f"# TYPE {each.name} {each.kind}")
        lines += [
            f"{name}{_in_braces(labels)} {_number(value)}" for name, labels, value in each.samples
        ]
    return ("\n".join(lines) + "\n").encode()


def _in_braces(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(text := repr(float(value)), text)
