"""Gauges of the whole service: looked at every few seconds, never while somebody scrapes."""

import asyncio
from functools import cached_property
from math import nan
from pathlib import Path

from cryptography import x509

from watchword.kernel.clock import Clock
from watchword.kernel.destinations import Destinations
from watchword.kernel.parts import service
from watchword.kernel.ports import Counters
from watchword.kernel.problems import Unavailable
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.db import event_queue, queued
from watchword.plumbing.db.owed_events import Backlog
from watchword.plumbing.db.ports import Database
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import RedisSettings, ServerSettings
from watchword.records.audit import store as audit
from watchword.records.backups import store as backups
from watchword.records.backups.rules import BackupCreated, BackupSettings, BackupVerified
from watchword.records.deliveries.rules import KIND as LETTERS
from watchword.records.dispatches.rules import MAIL
from watchword.records.dispatches.service import Dispatches
from watchword.records.sessions.service import Sessions
from watchword.records.texts.rules import KIND as TEXTS


def certificate_ends(path: Path) -> float:
    """Return when the certificate of a file ends, in seconds since 1970; no number when there is none."""
    try:
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return nan
    return ends.timestamp()


def secret_files(folder: Path) -> list[Path]:
    """Return the files of a folder of secrets; none where no folder is named."""
    if folder == Path() or not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_file()]


class Dials:
    """What is shown, declared once; of what there is none, nothing is told."""

    def __init__(self, metrics: Metrics) -> None:
        """Declare the gauges."""
        self.active = metrics.gauge("active_auth_sessions", "Sessions that live.")
        self.alias = metrics.gauge(
            "active_sessions_total", "Deprecated name of active_auth_sessions."
        )
        self.waiting = metrics.gauge("email_queue_depth", "Letters that wait.")
        self.texts_waiting = metrics.gauge("sms_queue_depth", "Texts that wait.")
        self.unlinked = metrics.gauge(
            "audit_waiting_rows", "Rows of the audit trail that wait for their place in the chain."
        )
        self.owed = metrics.gauge(
            "event_outbox_pending", "Events that wait for a destination.", "destination"
        )
        self.dead = metrics.gauge(
            "event_outbox_dead", "Dead letters: events that a destination refused.", "destination"
        )
        self.oldest = metrics.gauge(
            "event_outbox_oldest_seconds", "How long the oldest of them waits.", "destination"
        )
        self.carrier_up = metrics.gauge(
            "email_provider_up", "Whether the carrier of letters answers.", "provider"
        )
        self.takes = metrics.gauge(
            "email_provider_takes",
            "0: the carrier took nothing since it refused ten readers in a row, though it may answer.",
            "provider",
        )
        self.texter_up = metrics.gauge(
            "sms_provider_up", "Whether the carrier of texts answers.", "provider"
        )
        self.backed_up = metrics.gauge(
            "backup_last_success_timestamp_seconds", "When the newest backup was made; 0: never."
        )
        self.backup_size = metrics.gauge("backup_last_size_bytes", "How large it is.")
        self.backup_seconds = metrics.gauge(
            "backup_last_duration_seconds", "How long it took to make it."
        )
        self.verified = metrics.gauge(
            "backup_last_verify_timestamp_seconds", "When a backup was last verified."
        )
        self.verified_good = metrics.gauge(
            "backup_last_verify_good", "Whether that one could be restored, and was what it was."
        )
        self.up = metrics.gauge("database_up", "Whether the database answers.")
        self.expires = metrics.gauge(
            "certificate_expires_timestamp_seconds", "When the certificate of SSL_CERT_PATH ends."
        )
        self.written = metrics.gauge(
            "secret_written_timestamp_seconds", "When a file of SECRETS_DIR was written.", "secret"
        )


class RedisDials:
    """What is shown of Redis, where there is one."""

    def __init__(self, metrics: Metrics) -> None:
        """Declare the gauges."""
        self.up = metrics.gauge("redis_up", "Whether Redis answers.")
        self.bytes = metrics.gauge("redis_memory_used_bytes", "Memory that Redis takes.")
        self.most = metrics.gauge(
            "redis_memory_max_bytes", "Memory that Redis may take; 0: as much as there is."
        )


@service
class Gauges:
    """What is known by asking the database, Redis and the carriers; declared when first looked at."""

    metrics: Metrics
    database: Database
    counters: Counters
    dispatches: Dispatches
    carriers: Mailing
    texting: Texting
    sessions: Sessions
    clock: Clock
    destinations: Destinations
    backing_up: BackupSettings
    redis: RedisSettings
    server: ServerSettings

    @cached_property
    def _dials(self) -> Dials:
        return Dials(self.metrics)

    @cached_property
    def _redis_dials(self) -> RedisDials:
        return RedisDials(self.metrics)

    async def look_at_files(self) -> None:
        """Look once at the certificate and at the files of secrets: when they end, and how old they are."""
        self._dials.expires.set(certificate_ends(Path(self.server.ssl_cert_path or "")))
        for path in secret_files(Path(self.server.secrets_dir or "")):
            self._dials.written.labels(path.name).set(path.stat().st_mtime)

    async def look(self) -> None:
        """Look once at the database and at Redis."""
        try:
            number = await self.sessions.active(self.database, self.clock.now())
            self._dials.active.set(number)
            self._dials.alias.set(number)
            self._dials.waiting.set(await queued.depth(self.database, LETTERS))
            latest = await self.dispatches.latest(self.database, MAIL)
            for name in self.carriers.names:
                self._dials.takes.labels(name).set(
                    name not in latest or not latest[name].takes_nothing
                )
            self._dials.texts_waiting.set(await queued.depth(self.database, TEXTS))
            self._dials.unlinked.set(await audit.number_waiting(self.database))
            await self._look_at_events()
            await self._look_at_backups()
            self._dials.up.set(1)
        except Unavailable:
            self._dials.up.set(0)
        if self.redis.url:
            self._redis_dials.up.set(await self.counters.check() is None)
            fill = await self.counters.fill()
            self._redis_dials.bytes.set(nan if fill is None else fill.used)
            self._redis_dials.most.set(nan if fill is None else fill.most)

    async def _look_at_events(self) -> None:
        """Tell of each destination what it is owed, also when that is nothing."""
        found = {name: Backlog(name) for name in self.destinations.names}
        found |= {each.destination: each for each in await event_queue.backlogs(self.database)}
        now = self.clock.now()
        for name, each in found.items():
            self._dials.owed.labels(name).set(each.waiting)
            self._dials.dead.labels(name).set(each.dead)
            age = (now - each.oldest).total_seconds() if each.oldest else 0.0
            self._dials.oldest.labels(name).set(max(0.0, age))

    async def _look_at_backups(self) -> None:
        """Tell of the newest backup where some are to be made, also when there is none."""
        if not self.backing_up.recipients:
            return
        now = self.clock.now()
        made = await backups.newest(self.database, BackupCreated.type, now)
        self._dials.backed_up.set(made.at.timestamp() if made else 0)
        if made:
            self._dials.backup_size.set(made.facts["size"])
            self._dials.backup_seconds.set(made.facts["seconds"])
        verified = await backups.newest(self.database, BackupVerified.type, now)
        if verified:
            self._dials.verified.set(verified.at.timestamp())
            self._dials.verified_good.set(verified.facts["whole"])

    async def look_at_carriers(self) -> None:
        """Ask the carriers of letters and of texts once; they are other houses', so seldom."""
        letters, texts = await asyncio.gather(self.carriers.check(), self.texting.check())
        for each in letters:
            self._dials.carrier_up.labels(each.carrier).set(each.available)
        for each in texts:
            self._dials.texter_up.labels(each.carrier).set(each.available)
