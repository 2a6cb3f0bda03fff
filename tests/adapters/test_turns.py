"""Turns: never more at once than there may be, the urgent first, and no turn is lost."""

import asyncio

from watchword.adapters.mail.turns import Turns


async def test_the_urgent_go_first_and_of_the_same_urgency_who_came_first() -> None:
    turns, went = Turns(1), []

    async def go(name: str, urgency: int) -> None:
        async with turns.turn(urgency):
            went.append(name)
            await asyncio.sleep(0)

    wanted = [("a", 5), ("b", 5), ("c", 9), ("d", 1), ("e", 5), ("f", 1)]
    await asyncio.gather(*(go(*each) for each in wanted))
    assert "".join(went) == "adfbec"


async def test_as_many_go_at_once_as_there_are_turns() -> None:
    turns, there, most = Turns(3), 0, 0

    async def go() -> None:
        nonlocal there, most
        async with turns.turn(1):
            there += 1
            most = max(most, there)
            await asyncio.sleep(0)
            there -= 1

    await asyncio.gather(*(go() for _ in range(10)))
    assert (most, turns.all_taken) == (3, False)


async def test_who_gives_up_at_whatever_moment_takes_no_turn_away() -> None:
    turns = Turns(1)

    async def go(seconds: float) -> None:
        async with asyncio.timeout(seconds), turns.turn(1):
            await asyncio.sleep(0.001)

    waits = (0.0001 * each for each in range(60))
    await asyncio.gather(*(go(each) for each in waits), return_exceptions=True)
    async with asyncio.timeout(30), turns.turn(1):
        assert turns.all_taken
    assert not turns.all_taken


async def test_a_turn_that_comes_as_its_waiter_leaves_goes_to_the_next() -> None:
    turns = Turns(1)
    first, let_go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with turns.turn(1):
            first.set()
            await let_go.wait()
        leaving.cancel()  # whose turn it is now, and who has not woken yet

    async def wait() -> bool:
        async with turns.turn(1):
            return True

    holding = asyncio.create_task(hold())
    await first.wait()
    leaving, staying = asyncio.create_task(wait()), asyncio.create_task(wait())
    await asyncio.sleep(0)
    let_go.set()
    await holding
    assert await asyncio.wait_for(staying, 30)
    assert leaving.cancelled()
