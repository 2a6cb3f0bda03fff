"""`watchword audit verify`: whatever somebody does to the trail with the rights of its owner is found."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.tampering import tamper, unguard
from tests.support.terminal import Terminal
from tests.support.trail import ALICE, happen, verified
from tests.support.world import SECRET, World, open_world
from tests.support.worlds import Opener
from watchword.operations.audit.rules import FaultKind
from watchword.plumbing.chain.checkpoints import Checkpoint, anchors_in
from watchword.plumbing.db.journal import Journal
from watchword.records.audit.rules import LATE
from watchword.records.audit.service import Chain
from watchword.records.subscribers.rules import UserUpdated

THIRD = "(SELECT journal_id FROM audit_chain WHERE position = 3)"


def anchors(world: World) -> list[Checkpoint]:
    """Return the checkpoints that the log holds."""
    return list(anchors_in(world.log.getvalue().encode().splitlines()))


async def test_a_trail_that_nobody_touched_is_whole(world: World) -> None:
    assert (await verified(world)).whole
    await happen(world, 5)
    await world.part(Chain).checkpoint()
    await happen(world, 2)
    report = await verified(world, anchors(world))
    assert (report.rows, report.head, report.checkpoints, report.anchors) == (7, 7, 1, 1)
    assert report.faults == []


TAMPERINGS = {
    "a word changed": (
        "UPDATE journal SET type = 'id.user.registered' WHERE id = " + THIRD,
        FaultKind.CHANGED,
    ),
    "a moment changed": (
        "UPDATE journal SET at = (SELECT max(at) FROM journal) WHERE id = " + THIRD,
        FaultKind.CHANGED,
    ),
    "somebody else blamed": (
        "UPDATE journal SET user_id = id WHERE id = " + THIRD,
        FaultKind.CHANGED,
    ),
    "an address changed": (
        "UPDATE journal SET address = '198.51.100.1' WHERE id = " + THIRD,
        FaultKind.ORIGIN,
    ),
    "an address that pretends to be erased": (
        "UPDATE journal SET address = '198.51.100.1', salt = NULL WHERE id = " + THIRD,
        FaultKind.ORIGIN,
    ),
    "a row deleted": ("DELETE FROM journal WHERE id = " + THIRD, FaultKind.DELETED),
    "a link deleted": ("DELETE FROM audit_chain WHERE position = 3", FaultKind.GONE),
    "a link put elsewhere": (
        "UPDATE audit_chain SET position = 9 WHERE position = 3",
        FaultKind.GONE,
    ),
    "a digest changed": (
        "UPDATE audit_chain SET digest = origin WHERE position = 3",
        FaultKind.CHANGED,
    ),
}


@pytest.mark.req("D-63")
@pytest.mark.parametrize("name", TAMPERINGS)
async def test_what_was_done_to_a_row_is_found_and_the_first_one_named(
    world: World, name: str
) -> None:
    sql, kind = TAMPERINGS[name]
    await happen(world, 6)
    await unguard(world)
    await tamper(world, sql)
    [fault] = (await verified(world)).faults[:1]
    assert (fault.kind, fault.position) == (kind, 3)


async def test_two_rows_that_changed_places_are_found(world: World) -> None:
    await happen(world, 6)
    await unguard(world)
    for old, new in ((3, 100), (4, 3), (100, 4)):
        await tamper(world, f"UPDATE audit_chain SET position = {new} WHERE position = {old}")
    [fault] = (await verified(world)).faults
    assert (fault.kind, fault.position) == (FaultKind.CHANGED, 3)


async def test_a_row_that_was_put_in_behind_the_back_of_the_chain_is_found(world: World) -> None:
    await happen(world, 3)
    await unguard(world)
    await happen(world, 1)
    report = await verified(world)
    assert [fault.kind for fault in report.faults] == [FaultKind.UNLINKED]
    assert report.faults[0].id is not None


async def test_the_end_cut_off_is_known_by_the_checkpoints_here(world: World) -> None:
    await happen(world, 4)
    await world.part(Chain).checkpoint()
    await unguard(world)
    await tamper(world, f"DELETE FROM journal WHERE id = {THIRD.replace('3', '4')}")
    await tamper(world, "DELETE FROM audit_chain WHERE position = 4")
    report = await verified(world)
    assert [fault.kind for fault in report.faults] == [FaultKind.CUT]


async def test_the_end_cut_off_with_its_checkpoints_is_known_by_those_in_the_log(
    world: World,
) -> None:
    await happen(world, 3)
    await world.part(Chain).checkpoint()
    await happen(world, 3)
    await world.part(Chain).checkpoint()
    await unguard(world)
    gone = "(SELECT journal_id FROM audit_chain WHERE position > 3)"
    await tamper(world, f"DELETE FROM journal WHERE id IN {gone}")
    await tamper(world, "DELETE FROM audit_chain WHERE position > 3")
    await tamper(world, "DELETE FROM audit_checkpoints WHERE position > 3")
    assert (await verified(world)).whole
    report = await verified(world, anchors(world))
    assert [(fault.kind, fault.position) for fault in report.faults] == [(FaultKind.CUT, 6)]


async def test_a_chain_that_was_made_anew_from_a_changed_row_on_is_known_by_the_log(
    world: World,
) -> None:
    await happen(world, 4)
    await world.part(Chain).checkpoint()
    known = anchors(world)
    await unguard(world)
    await tamper(world, "UPDATE journal SET type = 'id.user.registered' WHERE id = " + THIRD)
    await tamper(world, "INSERT INTO audit_waiting (journal_id) SELECT journal_id FROM audit_chain")
    await tamper(world, "DELETE FROM audit_chain")
    await tamper(world, "DELETE FROM audit_checkpoints")
    await world.part(Chain).link()
    await world.part(Chain).checkpoint()
    [fault, *_] = (await verified(world, known)).faults
    assert (fault.kind, fault.position) == (FaultKind.CHANGED, 4)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE audit_checkpoints SET made_at = (SELECT max(at) FROM journal)", FaultKind.FORGED),
        ("DELETE FROM audit_checkpoints WHERE number = 1", FaultKind.FORGED),
    ],
    ids=["changed", "deleted"],
)
async def test_checkpoints_cannot_be_changed_or_taken_out(
    world: World, sql: str, kind: FaultKind
) -> None:
    for _ in range(2):
        await happen(world, 2)
        await world.part(Chain).checkpoint()
        world.clock.advance(timedelta(minutes=5))
    await unguard(world)
    await tamper(world, sql)
    assert (await verified(world)).faults[0].kind is kind


async def test_a_line_that_somebody_else_wrote_into_a_log_is_no_checkpoint(world: World) -> None:
    await happen(world, 2)
    await world.part(Chain).checkpoint()
    [genuine] = anchors(world)
    line = {
        "message": "AUDIT CHECKPOINT",
        "number": 1,
        "position": 9,
        "digest": genuine.head.digest.hex(),
        "made_at": genuine.made_at.isoformat(),
        "key_version": 1,
        "signature": genuine.signature.hex(),
    }
    broken = [b"AUDIT CHECKPOINT", b"{", b'{"message":"AUDIT CHECKPOINT"}']
    known = list(anchors_in([json.dumps(line).encode(), *broken]))
    assert len(known) == 1
    assert [fault.kind for fault in (await verified(world, known)).faults] == [FaultKind.FORGED]


async def test_where_no_worker_links_or_signs_the_trail_is_not_called_whole(world: World) -> None:
    await happen(world, 2)
    assert (await verified(world)).whole
    world.clock.advance(LATE)
    await world.part(Journal).note(
        world.database, UserUpdated(user_id=ALICE, fields="name"), world.clock.now()
    )
    world.clock.advance(LATE + timedelta(seconds=1))
    kinds = [fault.kind for fault in (await verified(world)).faults]
    assert kinds == [FaultKind.LATE, FaultKind.UNSIGNED]


async def test_after_the_pepper_was_changed_old_checkpoints_hold_while_it_is_kept(
    worlds: Opener,
) -> None:
    async with worlds() as world:
        await happen(world, 2)
        await world.part(Chain).checkpoint()
    newer = {"PEPPER": SECRET.format(name="NEWER"), "PEPPER_VERSION": "2"}
    kept = {"PEPPER_PREVIOUS": f"1:{SECRET.format(name='PEPPER')}"}
    async with worlds(**newer, **kept) as world:
        report = await verified(world)
        assert (report.unknown_checkpoints, report.whole) == (0, True)
    async with worlds(**newer) as world:
        assert (await verified(world)).unknown_checkpoints == 1
        await world.part(Chain).checkpoint()
        world.clock.advance(LATE + timedelta(hours=1))
        assert (await verified(world)).whole


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    """A terminal beside the service."""
    return Terminal(database_url, tmp_path)


def with_world(terminal: Terminal, work: Callable[[World], Any], **more: str) -> None:
    """Do something in the service beside the terminal."""

    async def inside() -> None:
        async with open_world(terminal.database_url, terminal.folder, **more) as world:
            await work(world)

    asyncio.run(inside())


async def _some(world: World) -> None:
    await happen(world, 20)
    await world.part(Chain).checkpoint()


async def _tampered(world: World) -> None:
    await unguard(world)
    await tamper(world, "UPDATE journal SET type = 'x' WHERE id = " + THIRD)


def test_the_command_says_that_the_chain_is_whole_or_names_the_first_row_that_is_wrong(
    terminal: Terminal,
) -> None:
    with_world(terminal, _some)
    good = terminal.run("audit", "verify")
    assert (good.code, good.err.splitlines()[-1]) == (0, "The chain is whole.")
    assert "verifying: 20 of 20" in good.err

    with_world(terminal, _tampered)
    bad = terminal.run("audit", "verify")
    assert bad.code == 1
    assert "changed\t3\t" in bad.out
    told = terminal.run("audit", "verify", "--json").json
    assert (told["faults"][0]["position"], told["faults"][0]["kind"]) == (3, "changed")


def test_the_command_reads_checkpoints_from_the_files_of_the_log(terminal: Terminal) -> None:
    folder = terminal.folder / "logs"
    terminal.more["LOG_DIR"] = str(folder)
    said: list[str] = []

    async def sign(world: World) -> None:
        await _some(world)
        said.append(world.log.getvalue())

    with_world(terminal, sign)
    elsewhere = terminal.folder / "shipped.log"
    elsewhere.write_text(said[0])
    folder.mkdir()
    (folder / "combined.log.1").write_text(said[0])
    assert terminal.run("audit", "verify", "--json").json["anchors"] == 1
    told = terminal.run("audit", "verify", "--anchors", str(elsewhere), "--json").json
    assert told["anchors"] == 2
    assert terminal.run("audit", "verify", "--anchors", "nowhere.log").code == 2
