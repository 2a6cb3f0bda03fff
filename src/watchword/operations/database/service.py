"""The database: sow demo accounts, and ask PostgreSQL what it counted."""

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.problems import Forbidden
from watchword.kernel.secret import Secret, base62
from watchword.operations.database import store
from watchword.operations.database.rules import (
    DEMOS,
    NotPostgres,
    NotWatched,
    SlowStatement,
    Sown,
    UsedIndex,
)
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.words.languages import CHOSEN, Spoken
from watchword.records.passwords.service import Passwords
from watchword.records.subscribers.rules import ACTIVE, UserRegistered
from watchword.records.subscribers.service import Subscribers

_PASSWORD_LENGTH = 22


@service
class DatabaseUpkeep:
    """What operators do with the database."""

    database: Database
    subscribers: Subscribers
    passwords: Passwords
    journal: Journal
    server: ServerSettings
    chance: Chance
    clock: Clock

    async def seed(self) -> list[Sown]:
        """Make the demo accounts that are missing. Problem: `forbidden`, outside development."""
        if not self.server.development:
            raise Forbidden("Demo accounts are for development: nothing was done.")
        now = self.clock.now()
        password = base62(int.from_bytes(self.chance.draw(16)), _PASSWORD_LENGTH)
        stored = await self.passwords.hash(Secret(password))
        sown = []
        async with self.database.transaction() as tx:
            for demo in DEMOS:
                email = email_address(demo.email)
                if await self.subscribers.find_by_email(tx, email) is not None:
                    sown.append(Sown(email=demo.email, role=demo.role, password=""))
                    continue
                added = await self.subscribers.add(
                    tx,
                    email=email,
                    given_name=demo.given_name,
                    family_name=demo.family_name,
                    speaks=Spoken(demo.language, CHOSEN),
                    status=ACTIVE,
                    role=demo.role,
                    now=now,
                )
                await self.passwords.replace(tx, added.id, stored, now)
                fact = UserRegistered(user_id=added.id, by="seed", role=demo.role)
                await self.journal.record(tx, fact, now)
                sown.append(Sown(email=demo.email, role=demo.role, password=password))
        return sown

    async def slow(self, most: int) -> list[SlowStatement]:
        """Return what takes longest. Problems: `not_postgres`, `statements_not_watched`."""
        self._expect_postgres()
        schema = await store.extension_schema(self.database)
        if schema is None:
            raise NotWatched
        return [
            SlowStatement(
                mean_ms=round(row.mean_ms, 3),
                calls=row.calls,
                total_ms=round(row.total_ms, 3),
                rows=row.number,
                statement=" ".join(row.statement.split()),
            )
            for row in await store.slow(self.database, schema, most)
        ]

    async def indexes(self) -> list[UsedIndex]:
        """Return every index, the least used first. Problem: `not_postgres`."""
        self._expect_postgres()
        return [UsedIndex(**row._asdict()) for row in await store.indexes(self.database)]

    def _expect_postgres(self) -> None:
        if self.database.dialect != "postgresql":
            raise NotPostgres
