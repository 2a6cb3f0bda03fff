"""A restoration that is killed at a moment of its choice, by SIGKILL, as a machine that stops would do it.

restored    the dump is in its place beside the database; a verification is killed there
settled     all is done there, and the next step puts it in the place of the database
os.link     the former database is about to get a second name (SQLite)
os.rename   the new file is about to take its name (SQLite)
swapped     that was done, and nothing after it
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.world import START, StoppedClock, environment
from watchword.app.building import open_house, open_kit
from watchword.app.settings import read
from watchword.kernel.secret import Secret
from watchword.operations.backup.rules import VERIFYING, Wish
from watchword.operations.backup.service import Restorer, Verifier
from watchword.plumbing.db.dumps.contents import Feed
from watchword.records.backups.rules import LATEST

MOMENTS = {
    "postgresql": ("restored", "settled", "swapped"),
    "sqlite": ("restored", "settled", "os.link", "os.rename", "swapped"),
}


def die_restoring(
    moment: str, minutes: int, url: str, folder: Path, identity: Secret, given: Mapping[str, str]
) -> int:
    """Restore the latest backup in a process of its own, so long after the start; return how that ended."""
    told = [moment, str(minutes), url, str(folder), identity.reveal(), json.dumps(dict(given))]
    return subprocess.run([sys.executable, "-m", __name__, *told], check=False).returncode


def die_verifying(url: str, folder: Path, identity: Secret, given: Mapping[str, str]) -> int:
    """Verify the latest backup in a process of its own; return how that ended."""
    told = [VERIFYING, "0", url, str(folder), identity.reveal(), json.dumps(dict(given))]
    return subprocess.run([sys.executable, "-m", __name__, *told], check=False).returncode


@dataclass(frozen=True)
class _Dying:
    """Dumps that do what they do, and kill this process at one moment of it."""

    dumps: Any
    moment: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dumps, name)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator["_Dying"]:
        async with self.dumps.beside() as beside:
            yield _Dying(beside, self.moment)

    @asynccontextmanager
    async def scratch(self, name: str) -> AsyncIterator["_Dying"]:
        async with self.dumps.scratch(name) as scratch:
            yield _Dying(scratch, self.moment)

    async def restore(self, feed: Feed, rows: Mapping[str, int]) -> None:
        await self.dumps.restore(feed, rows)
        self._reached("restored")

    async def take_in(self, beside: "_Dying", keep: str | None) -> str | None:
        self._reached("settled")
        if self.moment.startswith("os."):
            sys.addaudithook(lambda event, _arguments: self._reached(event))
        kept: str | None = await self.dumps.take_in(beside.dumps, keep)
        self._reached("swapped")
        return kept

    def _reached(self, moment: str) -> None:
        if moment == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)


async def _restore(moment: str, minutes: str, url: str, folder: str, key: str, given: str) -> None:
    settings = read(environment(url, **json.loads(given)), cwd=Path(folder))
    async with open_kit(settings, StoppedClock(START + timedelta(minutes=int(minutes)))) as kit:
        dying: Any = _Dying(kit.dumps, moment)
        wish = Wish(asked="latest", force=True)
        await Restorer(replace(kit, dumps=dying)).restore(
            wish, Secret(key), lambda _done, _total: None
        )


async def _verify(url: str, folder: str, key: str, given: str) -> None:
    settings = read(environment(url, **json.loads(given)), cwd=Path(folder))
    async with open_house(settings, clock=StoppedClock()) as house:
        verifier = house.part(Verifier)
        dying: Any = _Dying(verifier.kit.dumps, "restored")
        await replace(verifier, kit=replace(verifier.kit, dumps=dying)).verify(
            LATEST, Secret(key), lambda _done, _total: None
        )


if __name__ == "__main__":
    moment, minutes, *told = sys.argv[1:]
    asyncio.run(_verify(*told) if moment == VERIFYING else _restore(moment, minutes, *told))
