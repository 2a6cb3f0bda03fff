"""Secrets that were planted everywhere come out nowhere: no log, file, metric, trail, answer or crash."""

from datetime import timedelta
from pathlib import Path

from tests.support.canaries import metrics_of, planted, told, trail_of
from tests.support.tampering import tamper
from tests.support.world import SECRET, World
from tests.support.worlds import Opener
from watchword.app.building import configure_logs
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.logger import AccessLog

AUTH = "/api/v1/auth"
EMAIL, PHONE = "canary.kestrel@example.org", "+213555987654"
FIRST, SECOND, WRONG = "kestrel over the marsh", "plover on the strand", "wrong kestrel of the fen"
NAME = "Kestrelina"
FORGED = "wwt_1_" + "K3str3l" * 7
CLINIC = {name: SECRET.format(name=name) for name in ("PEPPER", "JWT_SECRET", "SESSION_SECRET")}


async def live(world: World) -> list[str]:
    """Let somebody do all that has to do with secrets; return what they were given."""
    given: list[str] = []
    async with world.client() as client:
        body = {"email": EMAIL, "password": FIRST, "firstName": NAME, "phone": PHONE}
        await client.post(f"{AUTH}/register", json=body)
        token = await world.token(EMAIL)
        await client.post(f"{AUTH}/verify-email", json={"token": token})
        signed_in = await world.sign_in(client, EMAIL, FIRST)
        given += [signed_in["access_token"], signed_in["refresh_token"]]
        refreshed = await client.post(
            f"{AUTH}/refresh", json={"refreshToken": signed_in["refresh_token"]}
        )
        given += [refreshed.json()["access_token"], refreshed.json()["refresh_token"]]
        for wrong in (WRONG, SECOND):
            await client.post(f"{AUTH}/login", json={"email": EMAIL, "password": wrong})
        world.clock.advance(timedelta(minutes=2))
        await world.deliver()
        await client.post(f"{AUTH}/otp/request", json={"email": EMAIL})
        code = await world.code(EMAIL)
        for tried in ("000000", code):
            await client.post(f"{AUTH}/otp/verify", json={"email": EMAIL, "code": tried})
        change = {"currentPassword": FIRST, "newPassword": SECOND}
        client.headers["Authorization"] = f"Bearer {refreshed.json()['access_token']}"
        await client.post(f"{AUTH}/change-password", json=change)
        await world.sign_in(client, EMAIL, SECOND, transport="cookie")
        given += [value for value in client.cookies.values() if len(value) > 20]
    return given


async def misuse(world: World) -> str:
    """Send secrets where they do not belong; return all that was answered."""
    paths = (f"/reset-password?token={FORGED}", f"{AUTH}/me?password={FIRST}")
    bodies = ({"email": EMAIL, "password": {"x": FIRST}}, {"secret": FIRST}, [FIRST])
    heads = ({"Authorization": f"Bearer {FORGED}"}, {"Cookie": f"session={FORGED}"})
    async with world.client() as client:
        answers = [
            *[await client.get(path, headers={"Referer": f"x?token={FORGED}"}) for path in paths],
            *[await client.post(f"{AUTH}/login", json=body) for body in bodies],
            *[await client.get(f"{AUTH}/me", headers=head) for head in heads],
            await client.post(f"{AUTH}/login", content=FIRST),
        ]
    return "".join(answer.text for answer in answers)


async def crash(world: World) -> str:
    """Let the service meet a fault of its own on the way; return what it answered."""
    await tamper(
        world,
        "CREATE TRIGGER boom BEFORE INSERT ON journal BEGIN SELECT boom(); END",
    )
    async with world.client() as client:
        body = {"email": EMAIL, "password": SECOND}
        answer = await client.post(f"{AUTH}/login", json=body)
    await tamper(world, "DROP TRIGGER boom")
    assert answer.status_code == 500
    return answer.text


async def test_what_was_planted_comes_out_nowhere(small_worlds: Opener, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    async with small_worlds(LOG_DIR=str(folder), LOG_LEVEL="debug", DB_SLOW_QUERY_MS="0") as world:
        stream = world.log
        configure_logs(world.settings)
        logger._log._stream = stream
        given = await live(world)
        world.clock.advance(timedelta(minutes=1))
        answers = await misuse(world) + await crash(world)
        await world.deliver()
        world.part(AccessLog).flush()
        secrets = [
            *planted([FIRST, SECOND, WRONG, FORGED, *CLINIC.values()], world.mailbox.messages),
            *given,
        ]
        metrics, trail = metrics_of(world.house), await trail_of(world.database)
    logger.configure()
    files = {path.name: path.read_text() for path in folder.glob("*.log")}
    assert set(files) == {"app.log", "combined.log", "error.log", "http.log", "security.log"}
    assert len(files["combined.log"]) > 10_000
    assert len(secrets) > 15
    found = {
        where: told([*secrets, NAME, PHONE], text)
        for where, text in {"stdout": stream.getvalue(), "trail": trail, **files}.items()
    }
    assert {where: what for where, what in found.items() if what} == {}
    assert told([*secrets, NAME, PHONE], metrics) == []
    assert told(secrets, answers) == []


def test_a_canary_that_flies_out_is_seen() -> None:
    assert told([FIRST], f"she said {FIRST} to {EMAIL}") == [EMAIL, FIRST]
    assert told([FIRST], "nothing") == []
