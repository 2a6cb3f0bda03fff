"""Metrics as Prometheus reads them; the names are those of the reference (docs/reference).

Requests are counted in plain lists, one look-up each, and turned into series only when somebody
scrapes: the hot path pays a microsecond for them.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS = ("method", "route", "status")
_LE = [*(str(bound) for bound in BUCKETS), "+Inf"]


class Requests(Collector):
    """`http_requests_total` and `http_request_duration_seconds` by method, route and status."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._seen: dict[tuple[str, str, int], list[float]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status)
        counts = self._seen.get(key)
        if counts is None:
            counts = self._seen[key] = [0.0] * (len(BUCKETS) + 2)
        counts[bisect_left(BUCKETS, seconds)] += 1
        counts[-1] += seconds

    def collect(self) -> Iterator[Metric]:
        """Turn the lists into series."""
        total = CounterMetricFamily("http_requests", "Requests answered.", labels=_LABELS)
        timing = HistogramMetricFamily(
            "http_request_duration_seconds", "Seconds until answered.", labels=_LABELS
        )
        for (method, route, status), counts in self._seen.items():
            labels = (method, route, str(status))
            running, buckets = 0.0, []
            for bound, count in zip(_LE, counts, strict=False):
                running += count
                buckets.append((bound, running))
            total.add_metric(labels, running)
            timing.add_metric(labels, buckets, counts[-1])
        yield total
        yield timing


class Metrics:
    """Everything this process counts."""

    def __init__(self, version: str, profile: str, node_id: str) -> None:
        """Declare the series; those without labels exist, as 0, from the start."""
        self.registry = CollectorRegistry()
        self.requests = Requests()
        self.registry.register(self.requests)
        info = self._gauge("app_info", "This process.", "version", "profile", "node_id")
        info.labels(version, profile, node_id).set(1)
        self.otp_generated = self._counter(
            "otp_generated_total", "Codes issued.", "purpose", "channel"
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
        self.lockouts = self._counter("account_lockouts_total", "Accounts locked by wrong guesses.")
        self.limited = self._counter(
            "rate_limit_hits_total", "Requests over a limit.", "route", "rule"
        )
        self.emails = self._counter(
            "emails_sent_total", "Letters handed to a carrier.", "provider", "template", "result"
        )
        self.email_seconds = Histogram(
            "email_delivery_duration_seconds",
            "Seconds a carrier took.",
            ["provider"],
            buckets=(0.1, 0.5, 1, 2, 5, 10),
            registry=self.registry,
        )
        self.resets = self._counter(
            "password_reset_requests_total", "Password resets asked for.", "channel", "country"
        )
        self.cleaned = self._counter("cleanup_deleted_total", "Rows deleted when over.", "kind")
        self.database_failures = self._counter(
            "database_connections_failed_total", "Connections to the database that failed."
        )
        self.redis_failures = self._counter(
            "redis_connections_failed_total", "Calls to Redis that failed."
        )

    def watch(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Declare a gauge that is read when somebody scrapes."""
        self._gauge(name, help_text).set_function(read)

    def gauge(self, name: str, help_text: str) -> Gauge:
        """Declare a gauge without labels."""
        return self._gauge(name, help_text)

    def exposition(self) -> bytes:
        """Return the text format of everything."""
        return generate_latest(self.registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, labels, registry=self.registry)
