"""`watchword audit archive`: what is old goes to cold storage, and the chain goes on across it."""

import asyncio
import gzip
import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import func, select

from tests.support.facts import facts
from tests.support.terminal import Terminal
from tests.support.world import START, StoppedClock, World, open_world
from tests.support.worlds import Opener
from watchword.kernel.ports import Visitor
from watchword.operations.audit.jobs import jobs
from watchword.operations.audit.rules import FaultKind
from watchword.operations.audit.service import CONSOLE, LEASE, LEASE_LASTS, Archivist, Auditor
from watchword.plumbing.chain.cold import ArchiveUnavailable, NoArchive
from watchword.plumbing.chain.stretches import Archive
from watchword.plumbing.db import event_outbox, leases
from watchword.plumbing.db.journal import Journal, journal
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.statements import statement
from watchword.records.audit.service import Chain
from watchword.records.audit.store import audit_chain
from watchword.records.subscribers.rules import UserUpdated

ALICE = UUID("019a0000-0000-7000-8000-00000000000a")
VISITOR = Visitor(
    address="203.0.113.7",
    network="203.0.113.7",
    user_agent="Firefox",
    language="en",
    request_id="r1",
)
QUARTER = timedelta(days=90)
ROWS = statement(select(func.count().label("number")).select_from(journal))
LINKS = statement(select(func.count().label("number")).select_from(audit_chain))
FIRST = statement(select(journal.c.id).order_by(journal.c.at).limit(1))


async def happen(world: World, number: int = 1) -> None:
    """Let something happen so many times, and have it linked and signed."""
    for _ in range(number):
        fact = UserUpdated(user_id=ALICE, fields="name")
        await world.part(Journal).note(world.database, fact, world.clock.now(), VISITOR)
        world.clock.advance(timedelta(seconds=1))
    await world.part(Chain).link()
    await world.part(Chain).checkpoint()


async def put_away(world: World) -> list[Archive]:
    """Archive what is older than ninety days."""
    made = await world.part(Archivist).archive(QUARTER, lambda _done, _total: None)
    assert made is not None
    return made


async def number(world: World, what: Any = ROWS) -> int:
    """Return how many rows there are."""
    row: Any = await world.database.first(what)
    return int(row.number)


async def faults(world: World, **how: bool) -> list[FaultKind]:
    """Return what is wrong with the chain."""
    report = await world.part(Auditor).verify([], lambda _done, _total: None, **how)
    return [fault.kind for fault in report.faults]


def sha256sum_agrees(folder: Path, name: str) -> bool:
    """Tell whether `sha256sum -c` does."""
    command = ["sha256sum", "-c", f"{name}.sha256"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0


def modes(folder: Path) -> set[int]:
    """Return who may do what with the files of a folder."""
    return {path.stat().st_mode & 0o777 for path in folder.iterdir()}


def put_in_the_way(folder: Path) -> None:
    """Put a file where a folder should be."""
    folder.write_text("a file")


def clear_the_way(folder: Path) -> None:
    """Take it away."""
    folder.unlink()


@pytest.fixture
def cold(tmp_path: Path) -> Path:
    """Return the folder of cold storage."""
    return tmp_path / "cold"


async def test_what_is_old_goes_and_the_rest_stays_in_the_same_chain(
    worlds: Opener, cold: Path
) -> None:
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 5)
        world.clock.advance(QUARTER)
        await happen(world, 3)
        [made] = await put_away(world)
        assert (made.first, made.head.position, await number(world, LINKS)) == (1, 5, 3)
        assert await number(world) == 4  # and the fact that this was done
        assert await faults(world) == []
        [fact] = await facts(world, "audit.archived")
        assert fact.facts == {"name": made.name, "first": 1, "last": 5, "by": "console"}
        world.clock.advance(QUARTER)
        await happen(world)
        [second] = await put_away(world)
        assert (second.first, second.head.position) == (6, 9)
        report = await world.part(Auditor).verify([], lambda _done, _total: None)
        assert (report.archived, report.rows, report.faults) == (9, 10, [])
        assert await put_away(world) == []


async def test_an_object_holds_no_address_and_its_checksum_lies_beside_it(
    worlds: Opener, cold: Path
) -> None:
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 2)
        world.clock.advance(QUARTER)
        [made] = await put_away(world)
    lines = gzip.decompress((cold / made.name).read_bytes()).splitlines()
    header, first, _ = (json.loads(line) for line in lines)
    assert (header["first"], header["last"], header["digest"]) == (1, 2, made.head.digest.hex())
    assert (first["type"], first["user_id"]) == ("id.user.updated", str(ALICE))
    for personal in (b"203.0.113.7", b"Firefox", b"r1"):
        assert personal not in b"".join(lines).replace(b"id.user", b"")
    assert sha256sum_agrees(cold, made.name)
    assert modes(cold) == {0o400}


@pytest.mark.parametrize("harm", ["changed", "gone", "another"])
async def test_an_object_that_is_not_what_was_put_there_is_found(
    worlds: Opener, cold: Path, harm: str
) -> None:
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 3)
        world.clock.advance(QUARTER)
        [made] = await put_away(world)
        kept = cold / made.name
        kept.chmod(0o600)
        if harm == "gone":
            kept.unlink()
        elif harm == "changed":
            kept.write_bytes(kept.read_bytes()[:-1] + b"x")
        else:
            kept.write_bytes(gzip.compress(b"{}\n"))
        assert await faults(world) == [FaultKind.ARCHIVE]
        assert await faults(world, cold_too=False) == []


async def test_what_was_not_kept_is_not_deleted(worlds: Opener, cold: Path) -> None:
    put_in_the_way(cold)
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 3)
        world.clock.advance(QUARTER)
        with pytest.raises(Exception, match="audit-"):
            await put_away(world)
        assert await number(world) == 3
    async with worlds() as world:
        world.clock.advance(QUARTER + timedelta(hours=1))
        with pytest.raises(NoArchive):
            await put_away(world)
        assert await number(world) == 3


async def test_what_no_checkpoint_covers_or_somebody_is_still_to_be_told_of_stays(
    worlds: Opener, cold: Path
) -> None:
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 2)
        fact = UserUpdated(user_id=ALICE, fields="phone")
        await world.part(Journal).note(world.database, fact, world.clock.now())
        await world.part(Chain).link()
        world.clock.advance(QUARTER)
        assert await world.part(Archivist).foresee(QUARTER) == 2
        row: Any = await world.database.first(FIRST)
        async with world.database.transaction() as tx:
            await event_outbox.owe(tx, ["elsewhere"], row.id, ALICE, world.clock.now())
        assert await world.part(Archivist).foresee(QUARTER) == 0


async def test_an_archive_that_was_broken_off_is_brought_to_its_end_by_the_next(
    worlds: Opener, cold: Path
) -> None:
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 4)
        world.clock.advance(QUARTER)
        archivist = world.part(Archivist)
        begins, ends = await archivist._stretch(QUARTER)
        await archivist._put_away(begins, ends, CONSOLE)
        assert await number(world, LINKS) == 4
        assert await faults(world) == []
        assert await put_away(world) == []
        assert await number(world, LINKS) == 0
        await world.part(Chain).link()
        assert await faults(world) == []


async def test_two_do_not_put_away_at_once(worlds: Opener, cold: Path) -> None:
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 3)
        world.clock.advance(QUARTER)
        archivist = world.part(Archivist)
        lease, now = Lease(LEASE, UUID(int=7)), world.clock.now()
        assert await leases.take(world.database, lease, now, LEASE_LASTS)
        assert await archivist.archive(QUARTER, lambda _done, _total: None) is None
        await leases.give_back(world.database, lease)
        assert len(await put_away(world)) == 1


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Run S3 as moto has it, with a bucket; yield its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    key = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "key of a stub"}
    boto3.client("s3", endpoint_url=url, region_name="us-east-1", **key).create_bucket(
        Bucket="audit-trail"
    )
    yield url
    server.stop()


def with_world(terminal: Terminal, work: Callable[[World], Any]) -> None:
    """Do something in the service beside the terminal."""

    async def inside() -> None:
        async with open_world(terminal.database_url, terminal.folder) as world:
            await work(world)

    asyncio.run(inside())


@pytest.mark.req("M-47")
def test_the_command_puts_away_to_s3_deletes_here_and_the_chain_verifies(
    database_url: str, tmp_path: Path, s3: str
) -> None:
    terminal = Terminal(
        database_url,
        tmp_path,
        clock=StoppedClock(START + QUARTER + timedelta(minutes=10)),
        more={
            "AUDIT_ARCHIVE": f"s3://audit-trail/{tmp_path.name}",
            "AUDIT_S3_URL": s3,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "key of a stub",
        },
    )

    async def some(world: World) -> None:
        await happen(world, 7)

    with_world(terminal, some)
    dry = terminal.run("audit", "archive", "--older-than", "90d", "--dry-run", "--json")
    assert dry.json == {"would_archive": 7}
    [made] = terminal.run("audit", "archive", "--older-than", "90d", "--yes", "--json").json
    assert made["rows"] == 7
    client = boto3.client(
        "s3",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="key of a stub",
    )
    kept = client.get_object(Bucket="audit-trail", Key=f"{tmp_path.name}/{made['name']}")
    content = kept["Body"].read()
    assert hashlib.sha256(content).hexdigest() == made["sha256"]
    assert len(gzip.decompress(content).splitlines()) == 8
    found = terminal.run("audit", "search", "--type", "id.user.updated", "--json").json
    assert found == []
    verified = terminal.run("audit", "verify", "--json")
    assert (verified.code, verified.json["archived"]) == (0, 7)


@pytest.mark.req("M-47")
async def test_the_worker_puts_away_once_for_each_time_where_there_is_cold_storage(
    worlds: Opener, cold: Path
) -> None:
    [job] = [each for each in jobs if each.name == "audit-archive"]
    async with worlds() as world:
        await happen(world, 2)
        world.clock.advance(QUARTER)
        await job.run(world.house)
        assert await number(world) == 2
    async with worlds(AUDIT_ARCHIVE=str(cold)) as world:
        world.clock.advance(QUARTER + timedelta(hours=1))
        for _ in range(2):
            await happen(world)
            await job.run(world.house)
        [fact] = await facts(world, "audit.archived")
        assert (fact.facts["last"], fact.facts["by"]) == (2, "schedule")
        assert await faults(world) == []
        world.clock.advance(QUARTER + timedelta(days=1))
        await job.run(world.house)
        [second] = await facts(world, "audit.archived")  # the first is in cold storage itself
        assert second.facts["first"] == 3


async def test_the_worker_tells_why_it_could_not_and_tries_again(
    small_worlds: Opener, cold: Path
) -> None:
    [job] = [each for each in jobs if each.name == "audit-archive"]
    put_in_the_way(cold)
    async with small_worlds(AUDIT_ARCHIVE=str(cold)) as world:
        await happen(world, 2)
        world.clock.advance(QUARTER)
        for _ in range(2):
            with pytest.raises(ArchiveUnavailable):
                await job.run(world.house)
        clear_the_way(cold)
        await job.run(world.house)
        assert len(await facts(world, "audit.archived")) == 1
