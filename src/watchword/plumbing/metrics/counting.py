"""Metrics as Prometheus reads them; the names are those of the reference (docs/reference).

Requests are counted in plain lists, one look-up each, and turned into series only when somebody
scrapes: the hot path pays a third of a microsecond for them. Where several processes serve, each
posts what it counted on the `board`, and whoever is asked tells what all of them counted.
"""

from bisect import bisect_left
from collections.abc import Callable
from math import isnan, nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from watchword.plumbing.metrics.board import Board
from watchword.plumbing.metrics.compat import COMPAT
from watchword.plumbing.metrics.places import ByPlace
from watchword.plumbing.metrics.snapshots import (
    BUCKETS,
    Joined,
    Request,
    Series,
    Snapshot,
    described,
    exposition,
    pack,
    total,
    unpack,
)


class Requests:
    """`http_requests_total` and `http_request_duration_seconds` by method, route and status."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._seen: dict[Request, list[float]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status)
        counts = self._seen.get(key)
        if counts is None:
            counts = self._seen[key] = [0.0] * (len(BUCKETS) + 2)
        counts[bisect_left(BUCKETS, seconds)] += 1
        counts[-1] += seconds

    def counted(self) -> list[tuple[Request, list[float]]]:
        """Return the lists: how many fell into each bucket, and the sum of seconds at the end."""
        return list(self._seen.items())


class Metrics:
    """Everything this process counts."""

    def __init__(self, version: str, profile: str, node_id: str, compat: str = "") -> None:
        """Declare the series; those without labels exist, as 0, from the start."""
        self.registry = CollectorRegistry()
        self.requests = Requests()
        self._compat = compat
        self._shared: set[str] = set()
        self._board: Board | None = None
        self._inherited = Snapshot()
        info = self.gauge("app_info", "This service.", "version", "profile", "node_id")
        info.labels(version, profile, node_id).set(1)
        self.otp_generated = self._counter(
            "otp_generated_total", "Codes queued in a letter or a text.", "purpose", "channel"
        )
        self.otp_validated = self._counter(
            "otp_validated_total", "Codes tried.", "purpose", "result"
        )
        self.logins = self._counter(
            "login_attempts_total", "Sign-ins tried; reason none: it went well.", "method", "reason"
        )
        self.logins_failed = self._counter(
            "login_attempts_failed_total", "Sign-ins refused.", "method", "reason"
        )
        self.auth_failures = self._counter(
            "auth_failures_total", "Passwords, codes, links and tokens refused.", "event", "reason"
        )
        self.lockouts = self._counter("account_lockouts_total", "Accounts locked by wrong guesses.")
        self.limited = self._counter(
            "rate_limit_hits_total", "Requests over a limit.", "route", "rule"
        )
        self.emails = self._counter(
            "emails_sent_total", "Letters handed to a carrier.", "provider", "template", "result"
        )
        self.feedback = self._counter(
            "email_feedback_total", "Letters that a carrier told us of later.", "provider", "kind"
        )
        self.text_feedback = self._counter(
            "sms_feedback_total", "Texts that a carrier told us of later.", "provider", "kind"
        )
        self.texts = self._counter(
            "sms_sent_total", "Texts handed to a carrier.", "provider", "country", "result"
        )
        self.texts_withheld = self._counter(
            "sms_withheld_total", "Texts that were not sent, to bound what they cost.", "reason"
        )
        self.texts_dead = self._counter("sms_queue_dead_total", "Dead texts.")
        self.emails_withheld = self._counter(
            "email_withheld_total",
            "Letters with a code or a link that were not sent, because all have had their share.",
            "reason",
        )
        self.emails_dead = self._counter("email_queue_dead_total", "Dead letters.")
        self.letter_fallbacks = self._counter(
            "letter_fallbacks_total",
            "Letters in our words because the operator's cannot be written.",
            "template",
        )
        self.email_seconds = Histogram(
            "email_delivery_duration_seconds",
            "Seconds a carrier took.",
            ["provider"],
            buckets=(0.1, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )
        self.resets = self._by_place("password_reset_requests_total", "Password resets asked for.")
        self.pin_resets = self._by_place("ussd_pin_reset_requests_total", "PIN resets asked for.")
        self.signals = self._counter(
            "sira_signals_total",
            "Risk signals; result posted, delayed or dead.",
            "signal",
            "result",
        )
        self.events = self._counter(
            "events_published_total",
            "Events tried at a destination; result published, delayed or dead.",
            "transport",
            "type",
            "result",
        )
        self.consents = self._counter("consents_changed_total", "Consents changed.", "kind")
        self.gdpr_requests = self._counter(
            "gdpr_requests_total", "Exports and erasures asked for, undone and done.", "kind"
        )
        self.cleaned = self._counter("cleanup_deleted_total", "Rows deleted when over.", "kind")
        self.backup_failures = self._counter(
            "backup_failures_total", "Backups that could not be made."
        )
        self.jobs_done = self.gauge(
            "job_last_done_timestamp_seconds", "When a job of the worker was last done.", "task"
        )
        self.jobs_failed = self._counter(
            "job_failures_total", "Runs of a job that did not get done.", "task"
        )
        self.database_failures = self._counter(
            "database_connections_failed_total", "Connections to the database that failed."
        )
        self.redis_failures = self._counter(
            "redis_connections_failed_total",
            "Calls to Redis that failed, and looks whether it answers.",
        )

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Declare a gauge of this process, read when somebody scrapes; those of all are added up."""
        self._gauge(name, help_text).set_function(read)

    def gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        """Declare a gauge of the whole service: what one process sees is so for all.

        It is told from when somebody has looked.
        """
        self._shared.add(name)
        gauge = self._gauge(name, help_text, *labels)
        if not labels:
            gauge.set(nan)
        return gauge

    def join(self, board: Board) -> None:
        """From now on speak for all who write on this board, and count on from a predecessor."""
        self._board = board
        written = board.place.read()
        self._inherited = unpack(written).lasting() if written else Snapshot()

    def post(self) -> None:
        """Write on the board what was counted so far."""
        if self._board is not None:
            self._board.place.write(pack(total([self.snapshot(), self._inherited])))

    def exposition(self, *begins: str) -> bytes:
        """Return the text format of everything, over all processes; or of what is named so alone."""
        counted = self.of_all()
        every = [*described(counted), *COMPAT[self._compat](counted)]
        return exposition([each for each in every if each.name.startswith(begins or "")])

    def of_all(self) -> Snapshot:
        """Return what all processes counted."""
        if self._board is None:
            return self.snapshot()
        self.post()  # what we tell now must not be more than others tell of us later
        written = [place.read() for place in self._board.places]
        return total(unpack(text) for text in written if text)

    def snapshot(self) -> Snapshot:
        """Return what this process counted."""
        series = []
        for family in self.registry.collect():
            counter = family.type == "counter"
            name = f"{family.name}_total" if counter else family.name
            samples = [
                (each.name, tuple(each.labels.items()), each.value)
                for each in family.samples
                if not (each.name.endswith("_created") or isnan(each.value))
            ]
            joined = self._joined(name) if family.type == "gauge" else Joined.ADDED
            series.append(Series(name, family.type, family.documentation, joined, samples))
        return Snapshot(self.requests.counted(), series)

    def _joined(self, gauge: str) -> Joined:
        return Joined.SHARED if gauge in self._shared else Joined.PRESENT

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)

    def _by_place(self, name: str, help_text: str) -> ByPlace:
        return ByPlace(self._counter(name, help_text, "channel", "country"))

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, labels, registry=self.registry)
