"""Delivery feedback: act once on what carriers tell; and the postbook that letters leave by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.flows.delivery_feedback.rules import UNREADABLE, WebhookRefused, batches, ground
from watchword.kernel.clock import Clock
from watchword.kernel.feedback import Heard, NotGenuine, Outcome, Post, Report, Unreadable
from watchword.kernel.ids import SubscriberId
from watchword.kernel.parts import service
from watchword.kernel.ports import OutOfReach, Reporter
from watchword.kernel.problems import BodyMalformed, InputInvalid, Unavailable
from watchword.plumbing.carriers.carrier import Try
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database, Executor, Transaction
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Leaving
from watchword.records.dispatches.rules import (
    Dispatch,
    FeedbackSettings,
    LetterBounced,
    LetterComplained,
)
from watchword.records.dispatches.service import Dispatches
from watchword.records.receipts.service import Receipts
from watchword.records.subscribers.service import Subscribers
from watchword.records.suppressions.service import Suppressions


@dataclass(frozen=True, slots=True)
class Reporters:
    """Those who read the posts of providers, by the carrier's name."""

    by_carrier: Mapping[str, Reporter]


@service
class PostbookKeeper:
    """Fills the port `Postbook`."""

    database: Database
    suppressions: Suppressions
    dispatches: Dispatches
    subscribers: Subscribers

    async def withheld(self, letter: Leaving, *, asked_for: bool, now: datetime) -> str | None:
        """Return why a letter may not leave, in a word."""
        return await self.suppressions.withheld(
            self.database, letter.id, letter.to, asked_for=asked_for, now=now
        )

    async def owner(self, letter: Leaving) -> SubscriberId | None:
        """Return whose account has the address that a letter goes to."""
        found = await self.subscribers.find_by_email(self.database, email_address(letter.to))
        return found.id if found else None

    async def note(self, db: Executor, leaving: Leaving, tried: Try, now: datetime) -> None:
        """Remember what a carrier took."""
        await self.dispatches.note(
            db,
            channel=leaving.channel,
            carrier=tried.carrier,
            reference=tried.reference,
            letter_id=leaving.id,
            template=leaving.template,
            to=leaving.to,
            now=now,
        )

    async def tell(self, db: Executor, channel: str, latest: Sequence[Latest]) -> None:
        """Remember when carriers last took something, and why they last did not."""
        await self.dispatches.tell(db, channel, latest)


@service
class DeliveryFeedback:
    """Acts on what carriers tell."""

    database: Database
    reporters: Reporters
    receipts: Receipts
    dispatches: Dispatches
    suppressions: Suppressions
    subscribers: Subscribers
    journal: Journal
    settings: FeedbackSettings
    metrics: Metrics
    clock: Clock

    async def take(self, carrier: str, post: Post) -> None:
        """Act on a post. Problems: `webhook_refused`, `malformed_body`, `unavailable`."""
        now = self.clock.now()
        heard = await self._read(carrier, post, now)
        if heard.spent is not None:
            async with self.database.transaction() as tx:
                await self.receipts.keep(tx, carrier, (heard.spent,), now)
        if heard.malformed:
            raise BodyMalformed(private=f"webhook of {carrier}")
        if heard.unreadable:
            log().warning("webhook not understood", carrier=carrier, pieces=heard.unreadable)
            self.metrics.feedback.labels(carrier, UNREADABLE).inc(heard.unreadable)
        for batch in batches(heard.reports):
            async with self.database.transaction() as tx:
                done = [each for each in batch if await self._act(tx, carrier, each, now)]
            for report in done:
                self._count(carrier, report)

    async def _read(self, carrier: str, post: Post, now: datetime) -> Heard:
        try:
            return await self.reporters.by_carrier[carrier].read(post, now)
        except NotGenuine as trouble:
            log().warning(
                "webhook refused", category="security", carrier=carrier, reason=str(trouble)
            )
            self.metrics.auth_failures.labels("webhook.refused", carrier).inc()
            raise WebhookRefused(private=str(trouble)) from trouble
        except Unreadable as trouble:
            raise BodyMalformed(private=str(trouble)) from trouble
        except OutOfReach as trouble:
            raise Unavailable(private=f"webhook of {carrier}: {trouble}") from trouble

    async def _act(self, tx: Transaction, carrier: str, report: Report, now: datetime) -> bool:
        """Act on one report; false when that was done before, or it is no news."""
        if not await self.receipts.keep(tx, carrier, report.receipts, now):
            return False
        dispatch = await self.dispatches.find(tx, carrier, report.reference)
        settled = await self.dispatches.settle(tx, carrier, report.reference, report.outcome, now)
        if report.address is None:
            return settled
        if report.outcome is not Outcome.DELIVERY:
            await self._conclude(tx, carrier, report, dispatch, now)
        return True

    async def _conclude(
        self,
        tx: Transaction,
        carrier: str,
        report: Report,
        dispatch: Dispatch | None,
        now: datetime,
    ) -> None:
        """Tell the journal of what went wrong, and suppress the address where that follows."""
        try:
            address = email_address(report.address or "")
        except InputInvalid:
            log().warning("webhook names no address", carrier=carrier, outcome=report.outcome)
            return
        owner = await self.subscribers.find_by_email(tx, address)
        user_id = owner.id if owner else None
        template = dispatch.template if dispatch else ""
        if report.outcome is Outcome.COMPLAINT:
            complained = LetterComplained(carrier=carrier, template=template, user_id=user_id)
            await self.journal.record(tx, complained, now)
        else:
            lasting = report.outcome is Outcome.BOUNCE
            bounced = LetterBounced(
                carrier=carrier, template=template, lasting=lasting, user_id=user_id
            )
            await self.journal.record(tx, bounced, now)
        soft = 0
        if dispatch is not None:
            soft = await self.dispatches.soft_bounces(tx, dispatch, report.address or "", now)
        reason = ground(report.outcome, soft, self.settings.soft_bounces)
        if reason is not None:
            await self.suppressions.add(tx, address, reason, carrier, now, user_id)

    def _count(self, carrier: str, report: Report) -> None:
        counter = self.metrics.text_feedback if report.address is None else self.metrics.feedback
        counter.labels(carrier, report.outcome).inc()
