"""Gauges of the whole service: looked at every few seconds, never while somebody scrapes."""

import asyncio
from datetime import timedelta
from math import nan
from pathlib import Path

from cryptography import x509

from watchword.kernel.clock import Clock
from watchword.kernel.destinations import Destinations
from watchword.kernel.ports import Counters
from watchword.kernel.problems import Unavailable
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.db import event_queue, outbox
from watchword.plumbing.db.owed_events import Backlog
from watchword.plumbing.db.ports import Database
from watchword.plumbing.house import House
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import RedisSettings, ServerSettings
from watchword.plumbing.work.jobs import Job
from watchword.records.audit import store as audit
from watchword.records.backups import store as backups
from watchword.records.backups.rules import BackupCreated, BackupSettings, BackupVerified
from watchword.records.deliveries.rules import KIND as LETTERS
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


class Gauges:
    """What is known by asking the database, Redis and the carriers."""

    def __init__(self, house: House) -> None:
        """Declare the gauges; those of Redis where there is one."""
        metrics = house.part(Metrics)
        self._database = house.part(Database)
        self._counters = house.part(Counters)
        self._carriers, self._texting = house.part(Mailing), house.part(Texting)
        self._sessions, self._clock = house.part(Sessions), house.part(Clock)
        self._active = metrics.gauge("active_auth_sessions", "Sessions that live.")
        self._alias = metrics.gauge(
            "active_sessions_total", "Deprecated name of active_auth_sessions."
        )
        self._waiting = metrics.gauge("email_queue_depth", "Letters that wait.")
        self._texts_waiting = metrics.gauge("sms_queue_depth", "Texts that wait.")
        self._unlinked = metrics.gauge(
            "audit_waiting_rows", "Rows of the audit trail that wait for their place in the chain."
        )
        self._names = house.part(Destinations).names
        self._owed = metrics.gauge(
            "event_outbox_pending", "Events that wait for a destination.", "destination"
        )
        self._dead = metrics.gauge(
            "event_outbox_dead", "Dead letters: events that a destination refused.", "destination"
        )
        self._oldest = metrics.gauge(
            "event_outbox_oldest_seconds", "How long the oldest of them waits.", "destination"
        )
        self._carrier_up = metrics.gauge(
            "email_provider_up", "Whether the carrier of letters answers.", "provider"
        )
        self._texter_up = metrics.gauge(
            "sms_provider_up", "Whether the carrier of texts answers.", "provider"
        )
        self._backups = house.part(BackupSettings)
        self._backed_up = metrics.gauge(
            "backup_last_success_timestamp_seconds", "When the newest backup was made; 0: never."
        )
        self._backup_size = metrics.gauge("backup_last_size_bytes", "How large it is.")
        self._backup_seconds = metrics.gauge(
            "backup_last_duration_seconds", "How long it took to make it."
        )
        self._verified = metrics.gauge(
            "backup_last_verify_timestamp_seconds", "When a backup was last verified."
        )
        self._verified_good = metrics.gauge(
            "backup_last_verify_good", "Whether that one could be restored, and was what it was."
        )
        self._up = metrics.gauge("database_up", "Whether the database answers.")
        self._has_redis = bool(house.part(RedisSettings).url)
        if self._has_redis:
            self._redis_up = metrics.gauge("redis_up", "Whether Redis answers.")
            self._redis_bytes = metrics.gauge("redis_memory_used_bytes", "Memory that Redis takes.")
            self._redis_most = metrics.gauge(
                "redis_memory_max_bytes", "Memory that Redis may take; 0: as much as there is."
            )
        self._certificate = Path(house.part(ServerSettings).ssl_cert_path or "")
        self._secrets = Path(house.part(ServerSettings).secrets_dir or "")
        self._declare_ages(metrics)

    def _declare_ages(self, metrics: Metrics) -> None:
        """Declare what tells how old things are; those that there are not are not told of."""
        self._expires = metrics.gauge(
            "certificate_expires_timestamp_seconds", "When the certificate of SSL_CERT_PATH ends."
        )
        self._written = metrics.gauge(
            "secret_written_timestamp_seconds", "When a file of SECRETS_DIR was written.", "secret"
        )

    async def look_at_files(self) -> None:
        """Look once at the certificate and at the files of secrets: when they end, and how old they are."""
        self._expires.set(certificate_ends(self._certificate))
        for path in secret_files(self._secrets):
            self._written.labels(path.name).set(path.stat().st_mtime)

    async def look(self) -> None:
        """Look once at the database and at Redis."""
        try:
            number = await self._sessions.active(self._database, self._clock.now())
            self._active.set(number)
            self._alias.set(number)
            self._waiting.set(await outbox.depth(self._database, LETTERS))
            self._texts_waiting.set(await outbox.depth(self._database, TEXTS))
            self._unlinked.set(await audit.number_waiting(self._database))
            await self._look_at_events()
            await self._look_at_backups()
            self._up.set(1)
        except Unavailable:
            self._up.set(0)
        if self._has_redis:
            self._redis_up.set(await self._counters.check() is None)
            fill = await self._counters.fill()
            self._redis_bytes.set(nan if fill is None else fill.used)
            self._redis_most.set(nan if fill is None else fill.most)

    async def _look_at_events(self) -> None:
        """Tell of each destination what it is owed, also when that is nothing."""
        found = {name: Backlog(name) for name in self._names}
        found |= {each.destination: each for each in await event_queue.backlogs(self._database)}
        now = self._clock.now()
        for name, each in found.items():
            self._owed.labels(name).set(each.waiting)
            self._dead.labels(name).set(each.dead)
            age = (now - each.oldest).total_seconds() if each.oldest else 0.0
            self._oldest.labels(name).set(max(0.0, age))

    async def _look_at_backups(self) -> None:
        """Tell of the newest backup where some are to be made, also when there is none."""
        if not self._backups.recipients:
            return
        made = await backups.newest(self._database, BackupCreated.type)
        self._backed_up.set(made.at.timestamp() if made else 0)
        if made:
            self._backup_size.set(made.facts["size"])
            self._backup_seconds.set(made.facts["seconds"])
        verified = await backups.newest(self._database, BackupVerified.type)
        if verified:
            self._verified.set(verified.at.timestamp())
            self._verified_good.set(verified.facts["whole"])

    async def look_at_carriers(self) -> None:
        """Ask the carriers of letters and of texts once; they are other houses', so seldom."""
        letters, texts = await asyncio.gather(self._carriers.check(), self._texting.check())
        for each in letters:
            self._carrier_up.labels(each.carrier).set(each.available)
        for each in texts:
            self._texter_up.labels(each.carrier).set(each.available)

    def jobs(self) -> list[Job]:
        """Return how often to look."""

        async def look(_house: object) -> None:
            await self.look()

        async def look_at_carriers(_house: object) -> None:
            await self.look_at_carriers()

        async def look_at_files(_house: object) -> None:
            await self.look_at_files()

        return [
            Job("gauge-of-files", look_at_files, every=timedelta(minutes=5)),
            Job("gauges", look, every=timedelta(seconds=5)),
            Job("gauge-of-carriers", look_at_carriers, every=timedelta(seconds=30)),
        ]
