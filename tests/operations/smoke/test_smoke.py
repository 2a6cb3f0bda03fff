"""A running service, looked at from outside by the command that operators have for it."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.listening import listening
from tests.support.ports import free_port
from tests.support.program import watchword
from tests.support.started import Started, started
from tests.support.stub import answer, stub
from tests.support.terminal import Terminal
from tests.support.world import PASSWORD, World
from tests.support.worlds import Opener
from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.kernel.secret import Secret
from watchword.operations.certs.service import make_self_signed
from watchword.operations.smoke import rules
from watchword.operations.smoke.rules import INSIDE, Account, Paths, Told
from watchword.operations.smoke.service import smoke
from watchword.operations.stats.service import Statistics
from watchword.plumbing.findings import Finding, Outcome

OUTSIDE = Paths().checks(None)
ALICE = "alice@example.org"


async def looked(
    base: str, account: Account | None = None, trust: Path | None = None
) -> dict[str, Finding]:
    """Return what was found, by check."""
    checks = smoke(base, account, SystemClock(), Paths(), trust)
    return {each.check: each async for each in checks}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("smoke"), SECURITY_EMAIL="s@example.org") as running:
        yield running


@pytest.mark.req("A-60")
def test_a_development_is_tried_with_an_account_of_its_own(
    service: Started, tmp_path: Path
) -> None:
    said = watchword("smoke", "--base", service.url, "--register", cwd=tmp_path)
    assert said.returncode == 0, said.stdout
    lines = [line for line in said.stdout.splitlines() if line.startswith("[")]
    assert [line.split("] ")[1].split()[:2] for line in lines] == [
        [check, "ok"] for check in (*OUTSIDE, *INSIDE)
    ]


async def test_an_account_for_trials_signs_in_and_leaves_no_session(small_world: World) -> None:
    await small_world.subscriber()
    async with listening(small_world) as port:
        alice = Account(email=ALICE, password=Secret(PASSWORD))
        found = await looked(f"http://localhost:{port}", alice)
    assert {each.outcome for name, each in found.items() if name in INSIDE} == {Outcome.OK}, found
    assert list(found) == [*OUTSIDE, *INSIDE]
    assert (await small_world.part(Statistics).count())["sessions"] == 0


async def test_a_wrong_password_fails_and_the_rest_of_the_trial_is_skipped(
    small_world: World,
) -> None:
    await small_world.subscriber()
    async with listening(small_world) as port:
        alice = Account(email=ALICE, password=Secret("not the one"))
        found = await looked(f"http://localhost:{port}", alice)
    assert found["sign-in"].outcome is Outcome.FAILED
    assert found["sign-in"].detail == "/api/v1/auth/login answers 401 invalid_credentials"
    assert {found[name].outcome for name in INSIDE[1:]} == {Outcome.SKIPPED}


async def test_a_certificate_that_nobody_vouches_for_is_no_tls(
    small_world: World, tmp_path: Path
) -> None:
    files = make_self_signed(tmp_path, ["localhost"], 90, datetime.now(UTC), SystemChance())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    async with listening(small_world, tls=context) as port:
        base = f"https://localhost:{port}"
        stranger, friend = await looked(base), await looked(base, trust=files.certificate)
    assert stranger["tls"].outcome is Outcome.FAILED
    assert "CERTIFICATE_VERIFY_FAILED" in stranger["tls"].detail
    assert {stranger[name].outcome for name in OUTSIDE[1:]} == {Outcome.SKIPPED}
    assert friend["tls"].detail == "verified; the certificate is good for 89 days"


@pytest.mark.req("A-60")
async def test_behind_a_proxy_that_leads_only_some_paths_to_it_only_these_are_asked(
    small_world: World,
) -> None:
    paths = Paths(health="/auth/health", led=("/auth", "/.well-known"))
    async with listening(small_world) as port:
        checks = smoke(f"http://localhost:{port}", None, SystemClock(), paths)
        found = {each.check: each.outcome async for each in checks}
    assert tuple(found) == paths.checks(None)
    assert {*found} == {"tls", "health", "headers", "missing", "keys", "contact"}
    assert Outcome.FAILED not in found.values()
    assert paths.prefix == ""
    assert not Paths(led=("/auth",)).leads_to("/authors")


def test_a_service_that_does_not_answer_fails_whole(tmp_path: Path, sqlite_url: str) -> None:
    base = f"http://localhost:{free_port()}"
    said = Terminal(sqlite_url, tmp_path).run("smoke", "--base", base, "--json")
    assert (said.code, said.json["ok"]) == (1, False)
    assert {each["outcome"] for each in said.json["checks"]} == {"failed", "skipped"}
    assert len(said.json["checks"]) == len(OUTSIDE)


async def test_something_else_that_answers_200_to_everything_is_found_out() -> None:
    async with stub(answer(200, {"status": "ok"})) as other:
        found = await looked(other.url)
    wrong = {name for name, each in found.items() if each.outcome is Outcome.FAILED}
    assert {"live", "headers", "missing", "contract", "keys", "pages"} <= wrong


def test_an_address_that_is_none_is_refused(tmp_path: Path, sqlite_url: str) -> None:
    assert Terminal(sqlite_url, tmp_path).run("smoke", "--base", "auth.example.org").code == 2


def test_without_tls_only_this_machine_will_do() -> None:
    assert rules.judge_tls("http://127.0.0.1:3000", None, "").outcome is Outcome.OK
    assert rules.judge_tls("http://auth.example.org", None, "").outcome is Outcome.FAILED
    soon = rules.judge_tls("https://auth.example.org", timedelta(days=3), "")
    assert soon.detail == "the certificate ends in 3 days"


def told(body: str, status: int = 200) -> Told:
    return Told(path="/", status=status, body=body.encode())


def test_a_private_key_in_the_key_set_is_an_alarm() -> None:
    good = '{"keys": [{"kid": "1", "alg": "ES256", "x": "", "y": ""}]}'
    assert rules.judge_keys(told(good)).outcome is Outcome.OK
    leaked = rules.judge_keys(told(good.replace('"x"', '"d": "..", "x"')))
    assert (leaked.outcome, leaked.fix) == (Outcome.FAILED, "watchword keys rotate")


@pytest.mark.req("D-26")
def test_metrics_that_anybody_may_read_are_told() -> None:
    assert rules.judge_metrics(told("http_requests_total 1")).outcome is Outcome.WARNING
    assert rules.judge_metrics(told("", 404)).outcome is Outcome.OK


def test_what_degrades_is_a_warning_and_what_is_down_a_failure() -> None:
    well, bad = told('{"status": "healthy"}'), told('{"status": "unhealthy"}', 503)
    assert rules.judge_health(well, well).outcome is Outcome.OK
    assert rules.judge_health(told('{"status": "degraded"}'), well).outcome is Outcome.WARNING
    assert rules.judge_health(bad, bad).outcome is Outcome.FAILED
    assert "to HEAD 503" in rules.judge_health(well, bad).detail


async def test_who_came_too_often_is_told_how_long_to_wait(small_worlds: Opener) -> None:
    async with small_worlds(RATE_LIMIT_AUTH="1/900000") as world, listening(world) as port:
        await world.subscriber()
        base, alice = f"http://localhost:{port}", Account(email=ALICE, password=Secret(PASSWORD))
        await looked(base, alice)
        found = (await looked(base, alice))["sign-in"]
    assert found.detail == (
        "/api/v1/auth/login answers 429 too_many_attempts: too many attempts from here"
    )
    assert found.fix == "wait 900 seconds, then run it again"


@pytest.mark.parametrize(
    ("after", "fix"),
    [
        ({}, "wait a while, then run it again"),
        (
            {"retry-after": "Fri, 31 Dec 2027 23:59:59 GMT"},
            "wait until Fri, 31 Dec 2027 23:59:59 GMT, then run it again",
        ),
    ],
)
def test_a_proxy_may_tell_it_as_a_date_or_not_at_all(after: dict[str, str], fix: str) -> None:
    refused = Told(path="/", status=429, headers=after)
    assert rules.judge_answer("refresh", refused, (200,), "").fix == fix
