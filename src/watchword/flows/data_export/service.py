"""Data export: write the documents, prepare them beside requests, give them out once."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

import msgspec

from watchword.flows.data_export.rules import (
    AT_ONCE,
    CSV,
    FORMS,
    JSON,
    ZIP,
    DataExported,
    ExportAsked,
    ExportEntry,
    ExportTooLarge,
    csv_schema,
    entry_of,
    named,
    of_their_own,
    ready_letter,
    schema,
)
from watchword.kernel.clock import Clock
from watchword.kernel.facts import OWNER
from watchword.kernel.ids import SubscriberId, parse
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import mailbox_key
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.personal import Dossier, Whose
from watchword.plumbing.db.ports import Database
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Document
from watchword.plumbing.throttle import Throttle
from watchword.records.deliveries.service import Deliveries
from watchword.records.dispatches.service import Dispatches
from watchword.records.exports.rules import Export
from watchword.records.exports.service import Exports
from watchword.records.former_addresses.service import FormerAddresses
from watchword.records.subscribers.rules import Subscriber
from watchword.records.subscribers.service import Subscribers
from watchword.records.tickets.rules import Purpose, TokenInvalid, TokenUsed
from watchword.records.tickets.service import Tickets

_ASKED: Final = "export_asked"
_GIVEN: Final = "exported"


@service
class DataExport:
    """What we know of somebody, for them; fills the port `Exporter`."""

    database: Database
    dossier: Dossier
    subscribers: Subscribers
    former_addresses: FormerAddresses
    dispatches: Dispatches
    exports: Exports
    tickets: Tickets
    deliveries: Deliveries
    journal: Journal
    throttle: Throttle
    metrics: Metrics
    issuer: Issuer
    clock: Clock

    async def now(self, user_id: SubscriberId, form: str, visitor: Visitor) -> Document:
        """Return the document at once. Problem: `export_too_large`."""
        owner = await self.subscribers.get(self.database, user_id)
        if await self.dossier.size(self.database, await self._whose(owner)) > AT_ONCE:
            raise ExportTooLarge
        return await self._give(owner, form, OWNER, visitor)

    async def document(self, user_id: SubscriberId, form: str, by: str) -> Document:
        """Return the document, however large, and tell the journal who got it. Problem: `not_found`."""
        owner = await self.subscribers.get(self.database, user_id)
        return await self._give(owner, form, by, None)

    def schemas(self) -> dict[str, dict[str, Any]]:
        """Return the schema of each form."""
        return {JSON: schema(self.dossier.told), CSV: csv_schema(self.dossier.told)}

    async def ask(self, user_id: SubscriberId, visitor: Visitor) -> list[ExportEntry]:
        """Have an export prepared, unless one is under way. Problem: `rate_limited`."""
        now = self.clock.now()
        await self.throttle.check("letters", f"export:{user_id}", "export")
        async with self.database.transaction() as tx:
            await self.subscribers.hold(tx, user_id)
            if await self.exports.ask(tx, user_id, now):
                await self.journal.record(tx, ExportAsked(user_id=user_id), now, visitor)
                tx.afterwards(self.metrics.gdpr_requests.labels(_ASKED).inc)
        return await self.see(user_id)

    async def see(self, user_id: SubscriberId) -> list[ExportEntry]:
        """Return how the newest exports stand."""
        now = self.clock.now()
        return [entry_of(each, now) for each in await self.exports.of_user(self.database, user_id)]

    async def prepare(self) -> int:
        """Prepare what waits, and wipe what nobody took in time; return how many were prepared."""
        await self.exports.wipe(self.database, self.clock.now())
        prepared = 0
        while (export := await self.exports.claim(self.database, self.clock.now())) is not None:
            prepared += await self._prepare(export)
        return prepared

    async def look(self, user_id: SubscriberId, token: Secret) -> None:
        """Look at a link of one's own. Problems: `token_invalid|used|expired`."""
        purpose, now = Purpose.EXPORT, self.clock.now()
        stub = await self.tickets.peek(self.database, purpose, token, now)
        if stub.user_id != user_id:
            raise TokenInvalid(private="the link of somebody else's export")

    async def take(self, user_id: SubscriberId, token: Secret, visitor: Visitor) -> Document:
        """Return what the link leads to, once. Problems: `token_invalid|used|expired`."""
        await self.look(user_id, token)
        now = self.clock.now()
        async with self.database.transaction() as tx:
            stub = await self.tickets.spend(tx, Purpose.EXPORT, token, now)
            export_id = parse(stub.detail or "")
            content = await self.exports.take(tx, export_id, user_id, now) if export_id else None
            if content is None:
                raise TokenUsed(Purpose.EXPORT, user_id)
            await self.journal.record(tx, DataExported(user_id=user_id, form=ZIP), now, visitor)
        self.metrics.gdpr_requests.labels(_GIVEN).inc()
        return named(ZIP, now, content)

    async def _give(
        self, owner: Subscriber, form: str, by: str, visitor: Visitor | None
    ) -> Document:
        now = self.clock.now()
        if form == ZIP:
            content = await self._zip(owner, now, None)
            assert content is not None, "nobody can take it away"
        else:
            content = b"".join([piece async for piece, _ in self._pieces(owner, form, now)])
        fact = DataExported(user_id=owner.id, form=form, by=by)
        await self.journal.note(self.database, fact, now, visitor)
        self.metrics.gdpr_requests.labels(_GIVEN).inc()
        return named(form, now, content)

    async def _prepare(self, export: Export) -> bool:
        """Write, seal, and send the link; false when it was somebody else's in the end."""
        now = self.clock.now()
        owner = await self.subscribers.get(self.database, export.user_id)
        content = await self._zip(owner, now, export)
        if content is None:
            return False
        now = self.clock.now()
        async with self.database.transaction() as tx:
            owner = await self.subscribers.hold(tx, export.user_id) or owner
            if not await self.exports.finish(tx, export, content, now):
                return False
            ticket = await self.tickets.issue(
                tx,
                purpose=Purpose.EXPORT,
                address=mailbox_key(owner.email),
                user_id=owner.id,
                detail=str(export.id),
                lifetime=self.exports.settings.lifetime,
                now=now,
            )
            link = self.issuer.link("/account/data/download", ticket.token)
            letter = ready_letter(owner, link, self.exports.settings)
            await self.deliveries.queue(tx, letter, now, owner.id)
        return True

    async def _zip(self, owner: Subscriber, now: datetime, export: Export | None) -> bytes | None:
        """Return both documents and their schemas; nothing once the export is somebody else's."""
        size = len(FORMS) * await self.dossier.size(self.database, await self._whose(owner))
        done, written = 0, io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for form in FORMS:
                with packed.open(f"export.{form}", "w", force_zip64=True) as member:
                    async for piece, records in self._pieces(owner, form, now):
                        member.write(piece)
                        done += records
                        if export and not await self._progress(export, done, size):
                            return None
            for form, told in self.schemas().items():
                text = msgspec.json.format(msgspec.json.encode(told), indent=2)
                packed.writestr(f"export.{form}.schema.json", text)
        return written.getvalue()

    async def _progress(self, export: Export, done: int, size: int) -> bool:
        """Note how far it is; more may have happened since it was counted."""
        now = self.clock.now()
        return await self.exports.progress(self.database, export, done, max(size, done), now)

    async def _pieces(
        self, owner: Subscriber, form: str, now: datetime
    ) -> AsyncIterator[tuple[bytes, int]]:
        """Yield a document piece by piece, and how many records are in each."""
        writer = FORMS[form](self.dossier.told)
        yield writer.begin(owner.id, now), 0
        async for told, page in self.dossier.pages(self.database, await self._whose(owner)):
            records = [of_their_own(owner.id, record) for record in page]
            yield writer.add(told, records), len(records)
        yield writer.end(), 0

    async def _whose(self, owner: Subscriber) -> Whose:
        earlier = await self.former_addresses.of(self.database, owner.id)
        addresses = await self.subscribers.reached(self.database, owner, earlier)
        reached = {owner.email.casefold(), *addresses}
        return Whose(
            user_id=owner.id,
            addresses=addresses,
            digests=tuple(one for each in sorted(reached) for one in self.dispatches.digests(each)),
        )
