"""The level of the log: set by an administrator, heeded by every process; and lines read from files."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.operations.logs import store
from watchword.operations.logs.rules import NEWS, Heeded, LevelSet, Wanted, line_of
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.logs import logger

_LOOK_SECONDS: Final = 0.25


@service
class LogLevel:
    """The least that is worth a line, in all processes."""

    database: Database
    journal: Journal
    heeded: Heeded
    clock: Clock

    async def set(self, level: str, by: str, visitor: Visitor) -> None:
        """Set it, for every process of the service until it is started anew."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            await self.journal.record(tx, LevelSet(level=level, by=by), now, visitor)
            tx.announce(NEWS)
        await self.heed()

    async def heed(self) -> None:
        """Take the newest wish, once."""
        wish = await store.newest(self.database, self.heeded.since)
        if wish is not None and wish.id != self.heeded.last:
            self.heeded.last = wish.id
            logger.set_level(wish.level)


def kept(path: Path, wanted: Wanted) -> Iterator[str]:
    """Yield the lines that a log's files hold, the eldest file first."""
    for each in sorted(path.parent.glob(f"{path.name}.*"), key=_age, reverse=True):
        with each.open(encoding="utf-8") as file:
            yield from _wanted(file, wanted)
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from _wanted(file, wanted)


def followed(path: Path, wanted: Wanted) -> Iterator[str]:
    """Yield lines as they are written, for ever; a file that is turned over is left for the new one."""
    file = path.open(encoding="utf-8")
    try:
        file.seek(0, 2)
        while True:
            yield from _wanted(file, wanted)
            if _is_another(path, file):
                file.close()
                file = path.open(encoding="utf-8")
            else:
                time.sleep(_LOOK_SECONDS)
    finally:
        file.close()


def _wanted(file: TextIO, wanted: Wanted) -> Iterator[str]:
    while text := file.readline():
        line = line_of(text)
        if line is not None and wanted.admits(line, text):
            yield text.rstrip("\n")


def _is_another(path: Path, file: TextIO) -> bool:
    try:
        return path.stat().st_ino != Path(f"/dev/fd/{file.fileno()}").stat().st_ino
    except FileNotFoundError:
        return False


def _age(path: Path) -> int:
    number = path.suffix[1:]
    return int(number) if number.isdigit() else 0
