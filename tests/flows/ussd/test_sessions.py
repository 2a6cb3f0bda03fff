"""Sessions of the menu: what is repeated, reordered, foreign or late changes nothing."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.facts import facts
from tests.support.handset import NUMBER, OTHER, PIN, Handset, at_the_pin, holds
from tests.support.world import World


@pytest.mark.req("M-14")
async def test_a_repeated_post_gets_the_same_answer_and_nothing_happens(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    assert await handset.post() == await handset.post()
    asked = await handset.press("1")
    for _ in range(3):
        assert await handset.post() == asked
    code = await world.texted(NUMBER)
    assert len(world.telephone.texts) == 1
    proven = await handset.press(code)
    assert await handset.post() == proven
    await handset.press(PIN)
    done = await handset.press(PIN)
    assert await handset.post() == done
    assert done.startswith("END Votre PIN est changé")
    assert await holds(world, alice)
    for step in ("requested", "verified", "completed"):
        assert len(await facts(world, f"id.ussd.pin.reset.{step}")) == 1
    assert (await handset.press("1")).startswith("END Cette session est terminée")


@pytest.mark.req("M-14")
async def test_what_is_shortened_reordered_or_leaps_changes_nothing(
    world: World, handset: Handset
) -> None:
    alice = await world.subscriber(phone=NUMBER)
    code = await at_the_pin(world, handset)
    for text in (
        "",
        "1",
        code,
        f"{code}*1",
        f"2*{code}*{PIN}",
        f"1*{code}*{PIN}*{PIN}",
        f"1*{code}*{PIN}*{PIN}*{PIN}",
        f"1*{code}*",
        f"*1*{code}",
    ):
        assert (await handset.post(text)).startswith(("END Cette session", "CON Un PIN a")), text
        if text.endswith("*"):
            handset.typed.append("")
    await handset.press(PIN)
    assert (await handset.press(PIN)).startswith("END Votre PIN est changé")
    assert await holds(world, alice)
    assert len(world.telephone.texts) == 1


@pytest.mark.req("M-14")
async def test_a_foreign_session_changes_nothing(world: World, handset: Handset) -> None:
    alice = await world.subscriber(phone=NUMBER)
    await world.subscriber("eve@example.org", phone=OTHER)
    code = await at_the_pin(world, handset)
    told = f"1*{code}*{PIN}"
    for changed in (
        {"sessionId": "ATUid_2"},
        {"sessionId": ""},
        {"phoneNumber": OTHER},
        {"serviceCode": "*384*8#"},
    ):
        assert (await handset.post(told, **changed)).startswith("END Cette session est terminée")
    assert not await facts(world, "id.ussd.pin.reset.completed")
    await handset.press(PIN)
    await handset.press(PIN)
    [fact] = await facts(world, "id.ussd.pin.reset.completed")
    assert fact.user_id == alice.id


@pytest.mark.req("M-14")
async def test_of_two_alike_at_once_one_acts(
    world: World, handset: Handset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchword.flows.ussd.service._LOOKS", 1000)  # the machine may be busy
    alice = await world.subscriber(phone=NUMBER)
    await handset.dial("ATUid_1")
    handset.typed = ["1"]
    screens = await asyncio.gather(*(handset.post() for _ in range(5)))
    assert {screen[:16] for screen in screens} == {"CON Si ce numéro"}
    code = await world.texted(NUMBER)
    assert len(world.telephone.texts) == 1
    handset.typed = ["1", code]
    await asyncio.gather(*(handset.post() for _ in range(5)))
    handset.typed.append(PIN)
    await asyncio.gather(*(handset.post() for _ in range(5)))
    handset.typed.append(PIN)
    screens = await asyncio.gather(*(handset.post() for _ in range(5)))
    assert {screen[:24] for screen in screens} == {"END Votre PIN est changé"}
    assert len(await facts(world, "id.ussd.pin.reset.completed")) == 1
    assert await holds(world, alice)


async def test_two_who_dial_at_once_with_one_id_see_the_menu(
    world: World, handset: Handset
) -> None:
    screens = await asyncio.gather(*(handset.post("") for _ in range(4)))
    assert {screen[:9] for screen in screens} == {"CON Molam"}
    assert world.database.size >= 1


async def test_a_session_is_over_after_five_minutes_and_begins_no_more_for_a_day(
    world: World, handset: Handset
) -> None:
    await world.subscriber(phone=NUMBER)
    code = await at_the_pin(world, handset)
    world.clock.advance(timedelta(minutes=5))
    assert (await handset.press(PIN)).startswith("END Cette session est terminée")
    assert (await handset.dial("ATUid_1")).startswith("END Cette session est terminée")
    world.clock.advance(timedelta(days=1))
    assert (await handset.dial("ATUid_1")).startswith("CON Molam")
    await handset.press("3")
    assert (await handset.press(code)).startswith("CON Ce code est faux ou trop ancien")


@pytest.mark.req("M-18")
@pytest.mark.parametrize("later", [timedelta(minutes=6), timedelta(hours=23)])
async def test_a_session_that_is_played_back_asks_for_no_second_code(
    world: World, handset: Handset, later: timedelta
) -> None:
    await world.subscriber(phone=NUMBER)
    for played_back in (False, True):
        screens = [await handset.dial("ATUid_1"), await handset.press("1")]
        await world.deliver()
        assert [screen[:3] for screen in screens] == (2 * ["END"] if played_back else 2 * ["CON"])
        assert len(world.telephone.to(NUMBER)) == 1
        world.clock.advance(later)


async def test_no_session_goes_on_for_ever(world: World, handset: Handset) -> None:
    await handset.dial("ATUid_1")
    screens = [await handset.press("0") for _ in range(30)]
    assert screens[0].startswith("CON Molam")
    assert screens[-1].startswith("END Cette session est terminée")
    assert world.settings
