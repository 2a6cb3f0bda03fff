"""News on SQLite: what another process commits is heard of at once, not at the next look at the clock."""

import asyncio
from datetime import timedelta
from pathlib import Path

from watchword.plumbing.db.changes import OUTBOX, Changes
from watchword.plumbing.db.sqlite import SqliteDatabase, connect

NEVER = timedelta(hours=1)  # until somebody looks who saw nothing written
PATIENCE = 30.0  # seconds


async def test_a_commit_of_another_process_is_heard_of_at_once(tmp_path: Path) -> None:
    path, changes, heard = tmp_path / "x.db", Changes(), asyncio.Event()
    changes.listen(OUTBOX, lambda _: heard.set())
    database, other = SqliteDatabase(path, changes, watch=NEVER), connect(path)
    other.execute("CREATE TABLE x (y INTEGER)")
    await database.start()
    for number in range(4):
        async with asyncio.timeout(PATIENCE):
            await heard.wait()
        heard.clear()
        other.execute("INSERT INTO x VALUES (?)", (number,))
    async with asyncio.timeout(PATIENCE):
        await heard.wait()
    await database.close()
    other.close()
