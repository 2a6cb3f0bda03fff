"""A telephone number proves itself by the code that it is texted."""

import re
from datetime import timedelta

import httpx2
import pytest

from tests.support.browser import browser
from tests.support.canaries import says
from tests.support.facts import facts
from tests.support.world import NEW_PASSWORD, PASSWORD, World
from tests.support.worlds import Opener

CODE, VERIFY, ME = "/api/v1/auth/phone/code", "/api/v1/auth/phone/verify", "/api/v1/auth/me"
ALICE, NUMBER, OTHER = "alice@example.org", "+213550123456", "+213550987654"


async def ask(world: World, client: httpx2.AsyncClient, number: str = NUMBER) -> str:
    """Ask for a code while signed in; return the code in the newest text."""
    answer = await client.post(CODE)
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    await world.deliver()
    found = re.search(r"\b\d{6}\b", world.telephone.to(number)[-1].body)
    assert found, "the text has no code"
    return found[0]


async def has_number(client: httpx2.AsyncClient, number: str = NUMBER) -> None:
    """Give the account a number."""
    answer = await client.patch(ME, json={"phone": number})
    assert answer.json()["phone_verified"] is False


@pytest.mark.req("N-46")
async def test_the_code_of_the_text_proves_the_number(world: World) -> None:
    alice = await world.subscriber(language="fr")
    async with world.client() as client:
        await world.sign_in(client)
        await has_number(client)
        code = await ask(world, client)
        done = await client.post(VERIFY, json={"code": code})

        assert (done.status_code, done.json()) == (200, {"phone": NUMBER, "phone_verified": True})
        assert (await client.get(ME)).json()["phone_verified"] is True
        again = await client.post(VERIFY, json={"code": code})
        assert again.json()["code"] == "code_invalid"
    [text] = world.telephone.texts
    assert "Votre code est" in text.body
    assert "5 minutes" in text.body
    assert [each.user_id for each in await facts(world, "id.user.phone_verified")] == [alice.id]
    assert not says(world.log.getvalue(), code)


@pytest.mark.req("M-39")
@pytest.mark.parametrize(
    ("seconds", "says"), [("300", "5 minutes"), ("59", "less than one minute")]
)
async def test_the_text_says_how_many_whole_minutes_the_code_lives(
    small_worlds: Opener, seconds: str, says: str
) -> None:
    async with small_worlds(OTP_TTL_SECONDS=seconds) as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        await has_number(client)
        await ask(world, client)
        assert says in world.telephone.texts[-1].body


async def test_a_number_that_changed_since_the_text_is_not_proven(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await has_number(client)
        code = await ask(world, client)
        await has_number(client, OTHER)
        refused = await client.post(VERIFY, json={"code": code})

        assert (refused.status_code, refused.json()["code"]) == (400, "code_invalid")
        assert (await client.get(ME)).json()["phone_verified"] is False


async def test_a_code_that_a_number_got_for_one_account_proves_nothing_for_another(
    world: World,
) -> None:
    await world.subscriber()
    await world.subscriber("bob@example.org")
    async with world.client() as alice, world.client() as bob:
        await world.sign_in(alice)
        await world.sign_in(bob, "bob@example.org")
        await has_number(alice)
        await has_number(bob)
        hers = await ask(world, alice)
        his = await ask(world, bob)
        crossed = await bob.post(VERIFY, json={"code": hers})
        right = await bob.post(VERIFY, json={"code": his})

    assert (crossed.status_code, right.status_code) == (400, 200)


async def test_a_code_bears_three_guesses(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await has_number(client)
        code = await ask(world, client)
        wrong = "000000" if code != "000000" else "111111"
        for _ in range(3):
            await client.post(VERIFY, json={"code": wrong})
        refused = await client.post(VERIFY, json={"code": code})
    assert (refused.status_code, refused.json()["code"]) == (400, "code_invalid")


async def test_a_code_that_has_expired_proves_nothing_and_is_not_sent(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        await has_number(client)
        code = await ask(world, client)
        await client.post(CODE)
        world.clock.advance(timedelta(minutes=6))
        await world.deliver()
        await world.sign_in(client)
        refused = await client.post(VERIFY, json={"code": code})

    assert refused.json()["code"] == "code_invalid"
    assert len(world.telephone.texts) == 1


async def test_who_has_no_number_is_told(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await world.sign_in(client)
        answers = [await client.post(CODE), await client.post(VERIFY, json={"code": "123456"})]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(409, "phone_missing")}


async def test_beyond_its_budget_a_number_gets_no_text_and_the_answer_is_the_same(
    worlds: Opener,
) -> None:
    async with worlds(SMS_BUDGET_RECIPIENT="1/3600000") as world:
        await world.subscriber()
        async with world.client() as client:
            await world.sign_in(client)
            await has_number(client)
            first, second = await client.post(CODE), await client.post(CODE)
        await world.deliver()

        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert len(world.telephone.texts) == 1
        [fact] = await facts(world, "id.sms.withheld")
        assert fact.facts["reason"] == "recipient"


async def proven(world: World, client: httpx2.AsyncClient, email: str) -> None:
    """Prove the number while signed in."""
    await world.sign_in(client, email)
    await has_number(client)
    done = await client.post(VERIFY, json={"code": await ask(world, client)})
    assert done.status_code == 200, done.text


async def test_the_account_that_proved_a_number_last_alone_has_it_and_the_other_is_told(
    world: World,
) -> None:
    alice = await world.subscriber(language="fr")
    await world.subscriber("bob@example.org", NEW_PASSWORD)
    async with world.client() as hers, world.client() as his:
        await proven(world, hers, ALICE)
        by_phone = {"phone": NUMBER, "password": PASSWORD}
        before = await hers.post("/api/v1/auth/login", json=by_phone)
        world.clock.advance(timedelta(minutes=1))
        await world.sign_in(his, "bob@example.org", NEW_PASSWORD)
        await has_number(his)
        await his.post(VERIFY, json={"code": await ask(world, his)})

        after = await hers.post("/api/v1/auth/login", json=by_phone)
        assert (before.status_code, after.status_code) == (200, 401)
        assert (await hers.get(ME)).json()["phone_verified"] is False
        assert (await his.get(ME)).json()["phone_verified"] is True
        await has_number(his, OTHER)
        again = await hers.post("/api/v1/auth/login", json=by_phone)
        assert again.status_code == 401, "what was lost does not come back by itself"
    letter = await world.newest(ALICE, "phone_proof/phone_taken")
    assert letter.subject == "Un autre compte Watchword a confirmé votre numéro de téléphone"
    assert "bob" not in letter.text
    lost = await facts(world, "id.user.updated")
    assert (alice.id, {"fields": "phone_verified"}) in [(each.user_id, each.facts) for each in lost]


async def test_whoever_proves_a_number_again_waits_for_no_second_delay(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await proven(world, client, ALICE)
        world.clock.advance(timedelta(hours=25))
        await world.sign_in(client)
        again = await client.post(VERIFY, json={"code": await ask(world, client)})
        assert again.status_code == 200
        await client.post("/api/v1/auth/password-reset/request", json={"phone": NUMBER})
    await world.deliver()
    assert len(world.telephone.to(NUMBER)) == 3
    assert len(await facts(world, "id.user.phone_verified")) == 1


@pytest.mark.req("R-39")
async def test_the_owner_is_told_when_codes_by_telephone_are_refused(world: World) -> None:
    await world.subscriber(phone=NUMBER)
    path = "/api/v1/auth/password-reset"
    async with world.client() as stranger:
        for _ in range(2):
            await stranger.post(f"{path}/request", json={"phone": NUMBER})
            for _ in range(3):
                guess = {"phone": NUMBER, "code": "000000"}
                last = await stranger.post(f"{path}/verify", json=guess)
        assert last.status_code == 429
        link = await world.token(ALICE, "lockout/account_locked")
        async with browser(world) as owner:
            await owner.open(f"/unlock?token={link}")
            await owner.send("/unlock", token=link)
        refused = await stranger.post(f"{path}/verify", json={"phone": NUMBER, "code": "000000"})
        assert refused.status_code == 400, "the link takes this lock off, too"
