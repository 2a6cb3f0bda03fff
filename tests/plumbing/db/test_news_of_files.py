"""News on SQLite: what another process commits is heard of at once, not at the next look at the clock."""

import asyncio
import time
from pathlib import Path
from statistics import median

from watchword.plumbing.db.changes import OUTBOX, Changes
from watchword.plumbing.db.sqlite import SqliteDatabase, connect

AS_SOON = 0.12  # seconds; half of what the slow look takes


async def test_a_commit_of_another_process_is_heard_of_at_once(tmp_path: Path) -> None:
    path, changes, heard = tmp_path / "x.db", Changes(), asyncio.Event()
    changes.listen(OUTBOX, lambda _: heard.set())
    database, other = SqliteDatabase(path, changes), connect(path)
    other.execute("CREATE TABLE x (y INTEGER)")
    await database.start()
    waits = []
    for _ in range(7):
        async with asyncio.timeout(5):
            await heard.wait()  # just after a look: the next slow one is the farthest away
        heard.clear()
        await asyncio.sleep(0.06)
        began = time.monotonic()
        other.execute("INSERT INTO x VALUES (1)")
        async with asyncio.timeout(5):
            await heard.wait()
        waits.append(time.monotonic() - began)
        heard.clear()
        other.execute("INSERT INTO x VALUES (2)")
    await database.close()
    other.close()

    assert median(waits) < AS_SOON, waits
