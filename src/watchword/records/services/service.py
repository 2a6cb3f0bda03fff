"""Services: add one, recognise its token, revoke it."""

from datetime import datetime
from typing import Any

from watchword.kernel.chance import Chance
from watchword.kernel.ids import mint
from watchword.kernel.parts import service
from watchword.kernel.secret import Peppers, Secret, mint_token, token_version
from watchword.plumbing.db.ports import Database, Executor
from watchword.records.services import store

_KIND = "v"
_PURPOSE = "service"


@service
class Services:
    """The programs that may call us."""

    chance: Chance
    peppers: Peppers
    database: Database

    async def add(self, tx: Executor, name: str, now: datetime) -> Secret:
        """Add a service and return its token; `Taken` when the name exists."""
        token = mint_token(_KIND, self.peppers, self.chance)
        digest = self.peppers.digest(_PURPOSE, token.reveal())
        await store.insert(tx, mint(now, self.chance), name, digest, now)
        return token

    async def recognise(self, token: str) -> str | None:
        """Return the name of the service whose token it is, or nothing."""
        version = token_version(_KIND, token)
        if version is None or version not in self.peppers.keys:
            return None
        return await store.name_of(
            self.database, self.peppers.digest(_PURPOSE, token, version=version)
        )

    async def every(self) -> list[Any]:
        """Return every service's row."""
        return await store.every(self.database)

    async def revoke(self, tx: Executor, name: str, now: datetime) -> bool:
        """Let a service in no more."""
        return await store.revoke(tx, name, now)
