"""What operators look for in the log, said by the whole service; and what no line may hold."""

import io
import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.canaries import says
from tests.support.environments import production
from tests.support.proxy import wire_to
from tests.support.world import PASSWORD, World, environment, open_world
from tests.support.worlds import Opener
from watchword.app.building import configure_logs
from watchword.app.settings import read
from watchword.plumbing.carriers.carrier import TryResult
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.logger import AccessLog, log

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
WRONG = "not this one either"


def lines(world: World, message: str | None = None) -> list[dict[str, Any]]:
    """Return the log's lines (of a message), each read as JSON."""
    world.part(AccessLog).flush()
    told = [json.loads(line) for line in world.log.getvalue().splitlines()]
    return [line for line in told if message in {None, line["message"]}]


async def wrong_password(client: httpx2.AsyncClient) -> None:
    await client.post(f"{AUTH}/login", json={"email": ALICE, "password": WRONG})


def has_no(world: World, *secrets: str) -> None:
    """Assert that no line holds a secret, or the address of anybody's mailbox."""
    world.part(AccessLog).flush()
    for secret in (*secrets, ALICE, PASSWORD, WRONG):
        assert not says(world.log.getvalue(), secret)


@pytest.mark.req("N-95", "A-18", "A-36")
async def test_a_sign_in_is_an_audit_line_with_all_that_auditors_ask(small_world: World) -> None:
    alice = await small_world.subscriber()
    headers = {"User-Agent": "Firefox/150.0", "X-Request-Id": "the-one"}
    async with small_world.client("203.0.113.9", headers) as client:
        told = await small_world.sign_in(client)
    [line] = [each for each in lines(small_world, "AUDIT") if "session" in each["action"]]
    assert line["action"] == "id.session.created"
    assert line["userId"] == line["user_id"] == str(alice.id)
    assert line["details"] == {"session_id": told["session_id"], "methods": "pwd"}
    assert (line["ip"], line["userAgent"]) == ("203.0.113.9", "Firefox/150.0")
    assert line["timestamp"].endswith("+00:00")
    assert (line["level"], line["category"], line["request_id"]) == ("info", "audit", "the-one")
    has_no(small_world, told["access_token"], told["refresh_token"])


@pytest.mark.req("A-18", "A-35", "A-36")
async def test_every_line_has_its_level_time_message_and_request(small_world: World) -> None:
    alice = await small_world.subscriber()
    async with small_world.client() as client:
        await small_world.sign_in(client)
        await client.get(f"{AUTH}/sessions", headers={"X-Request-Id": "mine"})
    told = lines(small_world)
    assert told
    for line in told:
        assert {"timestamp", "level", "message", "service", "request_id"} <= line.keys()
    [welcome] = lines(small_world, "user logged in")
    assert (welcome["level"], welcome["category"]) == ("info", "auth")
    assert welcome["user_id"] == str(alice.id)
    [request] = [line for line in told if line["request_id"] == "mine"]
    assert (request["message"], request["category"]) == ("request", "http")
    assert request["user_id"] == str(alice.id)
    assert request["duration_ms"] > 0


@pytest.mark.req("N-71")
@pytest.mark.parametrize("by", ["password", "code", "unknown"])
async def test_a_refused_sign_in_is_one_line_without_password_or_code(
    small_world: World, by: str
) -> None:
    if by != "unknown":
        await small_world.subscriber()
    async with small_world.client() as client:
        if by == "code":
            body = {"email": ALICE, "code": "918273"}
            await client.post(f"{AUTH}/otp/verify", json=body)
        else:
            await wrong_password(client)
    [line] = lines(small_world, "AUTH_FAILURE")
    assert line["category"] == "security"
    assert line["event"] == ("otp.validated" if by == "code" else "id.login.failed")
    has_no(small_world, "918273")


@pytest.mark.req("N-70")
async def test_five_bad_codes_are_a_security_event(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await world.code(ALICE)
        bad = f"{(int(code) + 1) % 10**6:06d}"
        for guess in range(5):
            assert bool(lines(world, "SECURITY_EVENT")) == (guess > 3)
            await client.post(f"{AUTH}/otp/verify", json={"email": ALICE, "code": bad})
    events = lines(world, "SECURITY_EVENT")
    for line in events:
        assert (line["level"], line["severity"], line["category"]) == ("warn", "HIGH", "security")
        assert line["timestamp"]
    told = {line["event"]: line["details"] for line in events}
    assert told["otp.validated"] == {
        "purpose": "sign_in",
        "result": "blocked",
        "channel": "email",
        "country": "",
    }
    assert set(told) == {
        "otp.validated",
        "codes.refused",
    }  # the code is dead, and the address rests
    assert len(lines(world, "AUTH_FAILURE")) == 5
    has_no(world, code, bad)


@pytest.mark.req("N-70", "D-38")
async def test_five_bad_passwords_are_a_security_event(small_world: World) -> None:
    alice = await small_world.subscriber()
    async with small_world.client() as client:
        for _ in range(4):
            await wrong_password(client)
        assert lines(small_world, "SECURITY_EVENT") == []
        await wrong_password(client)
    [line] = lines(small_world, "SECURITY_EVENT")
    assert (line["level"], line["severity"]) == ("warn", "HIGH")
    assert (line["event"], line["user_id"]) == ("id.account.locked", str(alice.id))
    has_no(small_world)


@pytest.mark.req("N-70")
async def test_a_used_refresh_token_that_comes_back_is_a_security_event(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        first = (await small_world.sign_in(client))["refresh_token"]
        second = await client.post(f"{AUTH}/refresh", json={"refreshToken": first})
        await client.post(f"{AUTH}/refresh", json={"refreshToken": second.json()["refresh_token"]})
        stolen = await client.post(f"{AUTH}/refresh", json={"refreshToken": first})
        assert stolen.status_code == 401
    [line] = lines(small_world, "SECURITY_EVENT")
    assert line["event"] == "id.token.reuse_detected"
    has_no(small_world, first)


@pytest.mark.req("N-79")
async def test_the_life_of_a_code_is_found_by_the_word_otp(small_world: World) -> None:
    await small_world.subscriber()
    async with small_world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
        code = await small_world.code(ALICE)
        await client.post(f"{AUTH}/otp/verify", json={"email": ALICE, "code": code})
    found = [line["message"] for line in lines(small_world) if "OTP" in json.dumps(line)]
    assert found == ["OTP generated", "OTP validated"]
    has_no(small_world, code)


@pytest.mark.req("A-35")
async def test_when_four_fifths_of_a_limit_are_used_one_line_warns(small_worlds: Opener) -> None:
    async with small_worlds(RATE_LIMIT_AUTH="10/60000") as world, world.client() as client:
        await world.subscriber()
        for _ in range(10):
            await world.sign_in(client)
        [line] = lines(world, "rate limit approaching")
    assert (line["level"], line["rule"], line["route"]) == ("warn", "auth", "/auth/login")


@pytest.mark.req("A-35")
@pytest.mark.needs("postgres")
async def test_a_lost_database_is_an_error_line(postgres_url: str, tmp_path: Path) -> None:
    async with wire_to(postgres_url) as wire, open_world(wire.url, tmp_path) as world:
        wire.shut()
        async with world.client() as client:
            await wrong_password(client)
        errors = [line for line in lines(world) if line["level"] == "error"]
        wire.reopen()
    assert errors
    assert {line["problem"] for line in errors} == {"database_unavailable"}


@pytest.mark.req("A-36")
async def test_carrying_a_letter_is_a_line_with_its_duration(small_world: World) -> None:
    async with small_world.client() as client:
        await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
    code_or_note = await small_world.newest(ALICE)
    [line] = lines(small_world, "letter sent")
    assert (line["category"], line["template"]) == ("performance", code_or_note.template)
    assert line["duration_ms"] >= 0
    has_no(small_world)


@pytest.mark.req("A-57")
async def test_statements_are_logged_with_their_duration_and_without_what_they_ask_about(
    worlds: Opener,
) -> None:
    async with worlds(DB_SLOW_QUERY_MS="0") as world:
        alice = await world.subscriber()
        async with world.client(headers={"X-Request-Id": "the-one"}) as client:
            told = await world.sign_in(client)
        slow = [line for line in lines(world, "slow statement") if "request_id" in line]
    for line in slow:
        assert (line["level"], line["category"]) == ("warn", "performance")
        assert (line["duration_ms"] >= 0, line["request_id"]) == (True, "the-one")
        for asked_about in (str(alice.id), alice.id.hex, told["session_id"], "203.0.113.7"):
            assert asked_about not in line["statement"]
    said = " ".join(line["statement"] for line in slow)
    for word in ("SELECT users.id", "INSERT INTO sessions", "COMMIT"):
        assert word in said
    has_no(world, told["access_token"])


@pytest.mark.parametrize("told", ["off", "3600000"])
async def test_statements_that_are_quick_enough_are_not_logged(worlds: Opener, told: str) -> None:
    async with worlds(DB_SLOW_QUERY_MS=told) as world:
        await world.subscriber()
        assert lines(world, "slow statement") == []


@pytest.mark.req("N-69")
async def test_an_error_is_one_json_line_with_its_stack(small_world: World) -> None:
    await small_world.database.close()
    async with small_world.client(headers={"X-Request-Id": "broken"}) as client:
        answer = await client.post(f"{AUTH}/login", json={"email": ALICE, "password": PASSWORD})
    assert answer.status_code == 500
    [line] = lines(small_world, "unhandled error")
    assert (line["level"], line["request_id"]) == ("error", "broken")
    assert line["stack"].startswith("Traceback")
    assert "Traceback" not in answer.text
    has_no(small_world)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Return what has been written on standard output, line by line; logs are as before in the end."""
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logger.configure(stream=io.StringIO())


def speak() -> None:
    """Say something at every level, and of the categories that are always heard."""
    for level in ("debug", "info", "warning", "error"):
        getattr(log(), level)(level)
    log().info("AUDIT", category="audit")
    log().info("AUTH_FAILURE", category="security")
    access = AccessLog("watchword", "")
    access.write(1.0, "GET", "/live", 200, 0.001, "r", "")
    access.flush()


ALWAYS = ["AUDIT", "AUTH_FAILURE"]


@pytest.mark.req("N-17", "R-42")
@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error", *ALWAYS, "request"]),
        ("info", ["info", "warning", "error", *ALWAYS, "request"]),
        ("warn", ["warning", "error", *ALWAYS]),
        ("error", ["error", *ALWAYS]),
    ],
)
def test_the_level_says_how_much_is_written_and_audit_is_always(
    tmp_path: Path, said: Any, level: str, heard: list[str]
) -> None:
    told = environment(f"sqlite:///{tmp_path}/w.db", LOG_LEVEL=level)
    configure_logs(read(told, cwd=tmp_path))
    speak()
    assert [line["message"] for line in said()] == heard


@pytest.mark.req("N-17")
@pytest.mark.parametrize(
    ("more", "heard"),
    [({}, False), ({"LOG_LEVEL": "info"}, True), ({"LOG_LEVEL": "warn"}, False)],
    ids=["as it is", "info by name", "warn by name"],
)
def test_a_development_is_quieter_unless_a_level_is_asked_for_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: dict[str, str], heard: bool
) -> None:
    folder = tmp_path / "logs"
    told = environment(f"sqlite:///{tmp_path}/w.db", LOG_DIR=str(folder), **more)
    configure_logs(read(told, cwd=tmp_path), quiet=True, unless_asked=True)
    speak()
    logger.configure(stream=io.StringIO())
    kept = (folder / "combined.log").read_text()
    assert ('"message":"info"' in capsys.readouterr().err) is heard
    assert ('"message":"info"' in kept, (folder / "http.log").exists()) == (heard, heard)


@pytest.mark.req("R-42")
def test_without_audit_logs_there_are_none_and_alarms_are_heard_still(
    tmp_path: Path, said: Any
) -> None:
    told = environment(f"sqlite:///{tmp_path}/w.db", LOG_LEVEL="warn", ENABLE_AUDIT_LOGS="false")
    settings = read(told, cwd=tmp_path)
    configure_logs(settings)
    speak()
    assert [line["message"] for line in said()] == ["warning", "error", "AUTH_FAILURE"]


def test_to_go_without_audit_logs_is_a_warning_at_the_start(tmp_path: Path) -> None:
    settings = read(production(ENABLE_AUDIT_LOGS="false"), cwd=tmp_path)
    assert any("ENABLE_AUDIT_LOGS" in warning for warning in settings.warnings)


@pytest.mark.req("N-69")
def test_lines_bear_the_name_of_the_profiles_service(tmp_path: Path, said: Any) -> None:
    told = environment(f"sqlite:///{tmp_path}/w.db", APP_PROFILE="nova")
    settings = read(told, cwd=tmp_path)
    configure_logs(settings)
    log().info("hello")
    assert [line["service"] for line in said()] == ["nova-rdv-auth"]


def test_lines_for_people_have_one_form_those_of_requests_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = environment(f"sqlite:///{tmp_path}/w.db", LOG_FORMAT="text")
    configure_logs(read(told, cwd=tmp_path))
    speak()
    lines = capsys.readouterr().out.splitlines()
    logger.configure(stream=io.StringIO())

    assert not [line for line in lines if line.startswith("{")]
    assert "00:00:01.000 info  request category=http method=GET route=/live status=200" in lines[-1]


class Colour(Enum):
    """A word that is no text."""

    RED = "red"


def test_what_is_one_of_a_few_words_is_written_as_that_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = environment(f"sqlite:///{tmp_path}/w.db", LOG_FORMAT="text")
    configure_logs(read(told, cwd=tmp_path))
    log().info(
        "said", result=TryResult.SENT, reasons=[TryResult.FAILED, Colour.RED], kind=Colour.RED
    )
    (line,) = capsys.readouterr().out.splitlines()
    logger.configure(stream=io.StringIO())

    assert line.endswith("result=sent reasons=['failed', 'red'] kind=red")
