"""What is known of somebody in the menu: one step at a time, sealed, for five minutes."""

from datetime import timedelta

from sqlalchemy import bindparam, select, update

from tests.support.world import World
from watchword.plumbing.db.statements import statement
from watchword.records.ussd_sessions.rules import LASTS, REMEMBERED
from watchword.records.ussd_sessions.service import UssdSessions
from watchword.records.ussd_sessions.store import ussd_sessions

ALICE, BOB, CODE = "+213550123456", "+213550987654", "*100#"
_ROW = statement(
    select(ussd_sessions.c.typed_digest, ussd_sessions.c.state).where(
        ussd_sessions.c.digest == bindparam("which")
    )
)
_COPY = statement(
    update(ussd_sessions)
    .where(ussd_sessions.c.digest == bindparam("which"))
    .values(state=bindparam("sealed"))
)


async def begin(world: World, number: str = ALICE, state: bytes = b"menu") -> bytes:
    sessions = world.part(UssdSessions)
    key = sessions.key("1", number, CODE)
    assert await sessions.begin(world.database, key, state, world.clock.now())
    return key


async def take(world: World, key: bytes, typed: str) -> bool:
    """Take what was typed, after what the session has seen."""
    sessions, now = world.part(UssdSessions), world.clock.now()
    seen = await sessions.find(world.database, key, now)
    assert seen is not None
    return await sessions.claim(world.database, key, seen, typed, now)


async def test_a_session_is_one_number_at_one_code_of_one_gateway(world: World) -> None:
    sessions = world.part(UssdSessions)
    keys = {
        sessions.key(session, number, code)
        for session in ("1", "2")
        for number in (ALICE, BOB)
        for code in (CODE, "*101#")
    }
    assert len(keys) == 8
    await begin(world)
    other = sessions.key("1", BOB, CODE)
    assert await sessions.find(world.database, other, world.clock.now()) is None


async def test_of_two_that_begin_one_session_one_does(world: World) -> None:
    key, sessions = await begin(world), world.part(UssdSessions)
    assert not await sessions.begin(world.database, key, b"other", world.clock.now())
    found = await sessions.find(world.database, key, world.clock.now())
    assert found is not None
    assert (found.consumed, found.state) == (0, b"menu")


async def test_of_two_that_take_one_input_one_does(world: World) -> None:
    key, sessions, now = await begin(world), world.part(UssdSessions), world.clock.now()
    seen = await sessions.find(world.database, key, now)
    assert seen is not None
    assert await sessions.claim(world.database, key, seen, "1", now)
    assert not await sessions.claim(world.database, key, seen, "1", now)
    taken = await sessions.find(world.database, key, now)
    assert taken is not None
    assert (taken.consumed, taken.state) == (1, None)
    assert taken.typed_digest == sessions.digest(key, "1")


async def test_while_an_input_is_acted_on_no_other_is_taken(world: World) -> None:
    key, sessions = await begin(world), world.part(UssdSessions)
    assert await take(world, key, "1")
    assert not await take(world, key, "1*2")
    await sessions.answer(world.database, key, 1, b"code")
    assert await take(world, key, "1*2")


async def test_a_late_answer_does_not_stand_for_a_later_input(world: World) -> None:
    key, sessions = await begin(world), world.part(UssdSessions)
    assert await take(world, key, "1")
    await sessions.answer(world.database, key, 1, b"code")
    assert await take(world, key, "1*2")
    await sessions.answer(world.database, key, 1, b"late")
    found = await sessions.find(world.database, key, world.clock.now())
    assert found is not None
    assert found.state is None


async def test_a_session_lasts_five_minutes_and_begins_anew_after_a_day_alone(world: World) -> None:
    key, sessions = await begin(world), world.part(UssdSessions)
    world.clock.advance(LASTS - timedelta(seconds=1))
    assert await sessions.find(world.database, key, world.clock.now()) is not None
    world.clock.advance(timedelta(seconds=1))
    assert await sessions.find(world.database, key, world.clock.now()) is None
    assert not await sessions.begin(world.database, key, b"again", world.clock.now())
    world.clock.advance(REMEMBERED)
    assert await sessions.begin(world.database, key, b"again", world.clock.now())


async def test_only_what_is_over_is_deleted(world: World) -> None:
    sessions = world.part(UssdSessions)
    await begin(world)
    world.clock.advance(LASTS + REMEMBERED)
    await begin(world, BOB)
    assert await sessions.purge(world.database, world.clock.now()) == 1
    kept = sessions.key("1", BOB, CODE)
    assert await sessions.find(world.database, kept, world.clock.now()) is not None


async def test_of_what_is_over_nothing_is_known_but_that_it_was(world: World) -> None:
    sessions, key = world.part(UssdSessions), await begin(world)
    world.clock.advance(LASTS)
    other = await begin(world, BOB)
    assert await sessions.purge(world.database, world.clock.now()) == 0
    over, living = [await world.database.first(_ROW, which=each) for each in (key, other)]
    assert over.state is None
    assert living.state is not None
    assert not await sessions.begin(world.database, key, b"again", world.clock.now())


async def test_the_table_holds_neither_what_was_typed_nor_what_was_shown(world: World) -> None:
    key = await begin(world, state=b"menu of Alice")
    assert await take(world, key, "1*4711")
    await world.part(UssdSessions).answer(world.database, key, 1, b"grant of Alice")
    row = await world.database.first(_ROW, which=key)
    assert b"Alice" not in bytes(row.state)
    assert b"4711" not in bytes(row.typed_digest)


async def test_what_was_sealed_for_one_session_opens_in_no_other(world: World) -> None:
    alices, bobs = await begin(world), await begin(world, BOB)
    row = await world.database.first(_ROW, which=alices)
    await world.database.run(_COPY, which=bobs, sealed=bytes(row.state))
    found = await world.part(UssdSessions).find(world.database, bobs, world.clock.now())
    assert found is not None
    assert found.state is None
