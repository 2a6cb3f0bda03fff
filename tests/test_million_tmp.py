import os

# ruff: noqa
import time
from datetime import timedelta
from pathlib import Path

from tests.support.tampering import tamper
from watchword.operations.audit.service import Archivist, Auditor
from watchword.records.audit.service import Chain

N = int(os.environ.get("ROWS", "1000000"))
SQLITE = f"""INSERT INTO journal(id, at, type, user_id, facts, address, user_agent, request_id, salt)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < {N})
SELECT lower(hex(randomblob(16))), 1772366400000000+i*1000, 'id.session.created', lower(hex(randomblob(16))),
'{{"session_id": "019a0000-0000-7000-8000-00000000000a", "transport": "cookie", "by": "owner"}}', '203.0.113.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0', hex(randomblob(8)), randomblob(16) FROM n"""
PG = f"""INSERT INTO journal(id, at, type, user_id, facts, address, user_agent, request_id, salt)
SELECT gen_random_uuid(), now() - interval '100 days' + n * interval '1 millisecond', 'id.session.created', gen_random_uuid(),
'{{"session_id": "019a0000-0000-7000-8000-00000000000a", "transport": "cookie", "by": "owner"}}', '203.0.113.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0', n::text, uuid_send(gen_random_uuid()) FROM generate_series(1, {N}) n"""


async def test_it(worlds, tmp_path):
    out = []
    async with worlds(AUDIT_ARCHIVE=str(tmp_path / "cold"), DB_SLOW_QUERY_MS="off") as world:
        world.clock.advance(timedelta(days=400))

        def lap(what, began):
            out.append(f"{world.database.dialect} {what}: {time.monotonic() - began:.1f} s")

        t = time.monotonic()
        await tamper(world, SQLITE if world.database.dialect == "sqlite" else PG)
        lap("insert", t)
        t = time.monotonic()
        print(await world.part(Chain).link())
        lap("link", t)
        await world.part(Chain).checkpoint()
        t = time.monotonic()
        c = time.process_time()
        r = await world.part(Auditor).verify([], lambda a, b: None)
        lap("verify", t)
        out.append(f"cpu {time.process_time() - c:.1f}")
        assert r.whole, r.faults
        if N <= 100000:
            t = time.monotonic()
            print(await world.part(Archivist).archive(timedelta(days=1), lambda a, b: None))
            lap("archive", t)
            t = time.monotonic()
            r = await world.part(Auditor).verify([], lambda a, b: None)
            lap("verify archived", t)
            assert r.whole, r.faults
    with Path("/tmp/million.txt").open("a") as f:
        f.write("\n".join(out) + "\n")
