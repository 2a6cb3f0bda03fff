"""The load test: what it asks, whom it may meet, and what it tells."""

from itertools import islice
from pathlib import Path

import pytest

from tests.support.listening import listening
from tests.support.ports import free_port
from tests.support.started import started
from tests.support.stub import answer, stub
from tests.support.terminal import Terminal
from tests.support.world import PASSWORD, World
from watchword.kernel.chance import SystemChance
from watchword.kernel.secret import Secret
from watchword.operations.loadtest import rules
from watchword.operations.loadtest.rules import Known, Plan, Result, Tally, asks, result
from watchword.operations.loadtest.service import load

ALICE = Known(email="alice@example.org", password=Secret(PASSWORD))


async def borne(plan: Plan) -> dict[str, Result]:
    """Return what each step came to."""
    found = await load(plan, SystemChance(), lambda _done, _total: None)
    return {each.step: each for each in found}


@pytest.mark.req("R-74")
async def test_a_thousand_looks_at_health_ten_at_once_all_go_well(small_world: World) -> None:
    async with listening(small_world) as port:
        plan = Plan(base=f"http://localhost:{port}", scenario="health", requests=1000)
        found = (await borne(plan))["health"]
    assert (found.requests, found.failed, found.statuses) == (1000, 0, {"200": 1000})
    assert 0 < found.p50 <= found.p95 <= found.p99 <= found.most


@pytest.mark.req("R-74", "D-66")
async def test_four_hundred_at_once_who_sign_in_get_no_fault_of_ours(tmp_path: Path) -> None:
    with started(tmp_path, RATE_LIMIT_AUTH="2/900000") as service:
        plan = Plan(
            base=service.url,
            scenario="sign-in",
            requests=400,
            connections=400,
            known=(ALICE,),
        )
        found = (await borne(plan))["sign-in"]
    assert (found.requests, found.failed) == (400, 0), found
    assert found.statuses == {"401": 2, "429": 398}


@pytest.mark.req("N-107", "D-66")
async def test_a_mixture_tells_how_long_each_step_took(small_world: World) -> None:
    await small_world.subscriber()
    async with listening(small_world) as port:
        plan = Plan(base=f"http://localhost:{port}", requests=50, known=(ALICE,))
        found = await borne(plan)
    assert {step: each.requests for step, each in found.items()} == {
        "sign-in": 35,
        "codes": 10,
        "health": 5,
    }
    assert all(each.failed == 0 and each.p95 > 0 for each in found.values()), found
    assert found["sign-in"].statuses["200"] >= 1


@pytest.mark.req("D-66")
def test_sign_ins_are_posts_by_people_who_differ() -> None:
    plan = Plan(base="", scenario="sign-in", known=(ALICE,))
    asked = list(islice(asks(plan, "m"), 100))
    assert {(each.method, each.path) for each in asked} == {("POST", "/api/v1/auth/login")}
    bodies = [each.body or {} for each in asked]
    right = [body for body in bodies if body["password"] == PASSWORD]
    wrong = [body for body in bodies if body["email"] == ALICE.email and body not in right]
    strangers = {body["email"] for body in bodies if body["email"] != ALICE.email}
    assert (len(right), len(wrong), len(strangers)) == (60, 20, 20)


def test_spread_load_comes_from_the_network_for_trials() -> None:
    plan = Plan(base="", scenario="health", spread=True)
    addresses = [each.address for each in islice(asks(plan, "m"), 70_000)]
    assert len(set(addresses)) == 70_000
    assert {address.rpartition(".")[0].rpartition(".")[0] for address in addresses} == {
        "198.18",
        "198.19",
    }


async def test_a_fault_and_silence_are_failures() -> None:
    async with stub(answer(200, {}), answer(503, {}), answer(500, {})) as faulty:
        base = faulty.url
        found = await borne(Plan(base=base, scenario="health", requests=10, connections=1))
    assert (found["health"].failed, found["health"].statuses) == (
        2,
        {"200": 8, "500": 1, "503": 1},
    )
    gone = await borne(Plan(base=base, scenario="health", requests=3, connections=1))
    assert gone["health"].statuses == {"no answer": 3}


def test_percentiles_are_those_of_the_answers() -> None:
    tally = Tally()
    for number in range(1, 101):
        tally.note(200, number / 1000)
    found = result("health", tally, 2.0)
    assert (found.p50, found.p95, found.p99, found.most) == (50.0, 95.0, 99.0, 100.0)
    assert found.per_second == 50.0


@pytest.mark.req("D-66")
def test_load_goes_to_this_machine_unless_the_service_is_ones_own(
    sqlite_url: str, tmp_path: Path
) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    said = terminal.run("loadtest", "--base", "https://auth.example.org")
    assert (said.code, "--this-service-is-mine" in said.err) == (2, True)
    assert rules.may_go_to("http://127.0.0.1:3000", owned=False)
    assert not rules.may_go_to("http://localhost.example.org", owned=False)
    assert rules.may_go_to("https://auth.example.org", owned=True)


@pytest.mark.parametrize(
    "words", [("--requests", "100001"), ("--connections", "1001"), ("--scenario", "flood")]
)
def test_it_is_bounded(sqlite_url: str, tmp_path: Path, words: tuple[str, str]) -> None:
    assert Terminal(sqlite_url, tmp_path).run("loadtest", *words).code == 2


def test_the_command_tells_and_fails(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "accounts").write_text("alice@example.org a quiet harbour at dawn\n")
    said = Terminal(sqlite_url, tmp_path).run(
        "loadtest",
        *("--base", f"http://localhost:{free_port()}", "-n", "4", "-c", "2", "--json"),
        *("--accounts", str(tmp_path / "accounts")),
    )
    assert said.code == 1
    assert said.json["steps"][0]["statuses"] == {"no answer": 3}


def test_accounts_that_are_none_are_refused_by_line(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "accounts").write_text("alice\n")
    said = Terminal(sqlite_url, tmp_path).run("loadtest", "--accounts", str(tmp_path / "accounts"))
    assert (said.code, "a space and its password" in said.err) == (2, True)
