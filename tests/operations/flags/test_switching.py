"""Flags, as operators switch them: by the command line and the API, for all or for one tenant."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.counting import statements
from tests.support.facts import facts
from tests.support.running import ports, started, until, wait_until_ready
from tests.support.terminal import Terminal
from tests.support.world import World, environment
from tests.support.worlds import Opener
from watchword.app.flagging import declared
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.operations.flags.rules import wish
from watchword.operations.flags.service import Switching
from watchword.plumbing.flags import Flags
from watchword.records.flags.jobs import reload

ROOT, FLAGS = "root@example.org", "/api/v1/admin/flags"
ELSEWHERE = "0190a000-0000-7000-8000-00000000000a"


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    """A terminal on a database of its own."""
    return Terminal(sqlite_url, tmp_path)


def newcomer(number: int) -> dict[str, str]:
    """Return what somebody sends who registers."""
    email = f"newcomer-{number}@example.org"
    return {"email": email, "password": "a quiet harbour at dawn", "name": "New Comer"}


def test_every_flag_is_declared_with_a_sentence_and_a_default() -> None:
    assert set(declared()) == {
        "oauth.github",
        "oauth.google",
        "oauth.linkedin",
        "oauth.others",
        "registration",
        "sign_in.code",
    }
    assert all(flag.sentence.endswith(".") and flag.default for flag in declared().values())


@pytest.mark.req("G-05")
async def test_an_administrator_switches_a_flag_and_the_journal_knows_who(world: World) -> None:
    root = await world.subscriber(ROOT, role="admin")
    async with world.client() as client:
        await world.sign_in(client, ROOT)
        switched = await client.put(f"{FLAGS}/registration", json={"value": "25%"})
        of_tenant = await client.put(
            f"{FLAGS}/registration", json={"value": "off", "tenant": ELSEWHERE}
        )
        listed = await client.get(FLAGS)
        cleared = await client.delete(f"{FLAGS}/registration")
        shown = await client.get(f"{FLAGS}/registration")
    assert switched.status_code == 200
    assert switched.json() == {
        "name": "registration",
        "meaning": "Strangers make accounts of their own.",
        "default": "on",
        "value": "25%",
        "tenants": {},
        "changed_at": world.clock.now().isoformat(),
    }
    assert of_tenant.json()["tenants"] == {ELSEWHERE: "off"}
    values = {each["name"]: each["value"] for each in listed.json()["flags"]}
    assert values == dict.fromkeys(declared(), "on") | {"registration": "25%"}
    assert cleared.json()["value"] == shown.json()["value"] == "on"
    told = [(fact.facts, fact.address) for fact in await facts(world, "flag.changed")]
    by, address = str(root.id), "203.0.113.7"
    assert [each for each, _ in told] == [
        {"flag": "registration", "tenant": "", "value": "25%", "was": "on", "by": by},
        {"flag": "registration", "tenant": ELSEWHERE, "value": "off", "was": "default", "by": by},
        {"flag": "registration", "tenant": "", "value": "default", "was": "25%", "by": by},
    ]
    assert {where for _, where in told} == {address}


async def test_nobody_but_an_administrator_sees_or_switches_flags(world: World) -> None:
    await world.subscriber()
    async with world.client() as client:
        assert (await client.get(FLAGS)).status_code == 401
        await world.sign_in(client)
        assert (await client.get(FLAGS)).status_code == 403
        refused = await client.put(f"{FLAGS}/registration", json={"value": "off"})
        assert refused.status_code == 403
        assert (await client.delete(f"{FLAGS}/registration")).status_code == 403
    assert await facts(world, "flag.changed") == []


async def test_what_is_no_flag_no_share_or_no_tenant_is_refused(world: World) -> None:
    await world.subscriber(ROOT, role="admin")
    async with world.client() as client:
        await world.sign_in(client, ROOT)
        unknown = await client.put(f"{FLAGS}/registraton", json={"value": "off"})
        wrong = await client.put(
            f"{FLAGS}/registration", json={"value": "perhaps", "tenant": "ours"}
        )
        hostile = await client.get(f"{FLAGS}/%00%ff")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert unknown.json()["detail"].endswith("did you mean registration?")
    assert wrong.status_code == 422
    assert {each["field"] for each in wrong.json()["errors"]} == {"value", "tenant"}
    assert hostile.status_code in {400, 404}


@pytest.mark.req("G-05")
def test_the_command_line_switches_clears_and_names_the_nearest(terminal: Terminal) -> None:
    assert terminal.run("flags", "set", "oauth.github", "off").out == "oauth.github: off\n"
    own = terminal.run("flags", "set", "oauth.github", "on", "--tenant", "default", "--json").json
    assert own["tenants"] == {str(DEFAULT_TENANT): "on"}
    listed = terminal.run("flags", "list").out.splitlines()
    assert listed[0].split("\t") == ["name", "value", "default", "tenants", "meaning"]
    assert "oauth.github\toff\ton\t" in listed[1]
    assert terminal.run("flags", "clear", "oauth.github").out.startswith("oauth.github: on")
    unknown = terminal.run("flags", "set", "oauth.githubb", "off")
    assert (unknown.code, unknown.out) == (1, "")
    assert "did you mean oauth.github?" in unknown.err
    wrong = terminal.run("flags", "set", "oauth.github", "maybe")
    assert (wrong.code, wrong.out) == (2, "")
    assert "25%" in wrong.err


async def test_what_holds_for_a_tenant_goes_before_what_holds_for_all(world: World) -> None:
    flags, switching = world.part(Flags), world.part(Switching)
    flag = flags.named("registration")
    await switching.switch(flag.name, wish("off", ""), "test")
    await switching.switch(flag.name, wish("on", ELSEWHERE), "test")
    assert not flags.possible(flag)
    await switching.switch(flag.name, wish("on", "default"), "test")
    assert flags.on(flag, "anybody")
    await switching.switch(flag.name, wish(None, "default"), "test")
    assert not flags.possible(flag)
    await switching.switch(flag.name, wish(None, ""), "test")
    assert flags.on(flag, "anybody")


async def test_another_process_takes_what_was_switched_and_asks_nothing_when_it_is_used(
    worlds: Opener,
) -> None:
    async with worlds() as one, worlds() as other:
        await one.part(Switching).switch("registration", wish("off", ""), "test")
        async with other.client() as client:
            assert (
                await client.post(other.path("/auth/register"), json=newcomer(1))
            ).status_code == 201
            await reload(other.house)
            with statements(other) as asked:
                refused = await client.post(other.path("/auth/register"), json=newcomer(2))
        assert (refused.status_code, refused.json()["code"]) == (403, "not_offered")
        assert asked == []


@pytest.mark.req("G-05")
def test_a_running_service_of_two_processes_obeys_without_a_restart(
    database_url: str, tmp_path: Path
) -> None:
    environ = environment(database_url, **ports(), WEB_CONCURRENCY="2", HOST="127.0.0.1")
    base, terminal = f"http://127.0.0.1:{environ['PORT']}", Terminal(database_url, tmp_path)

    def answers(status: int) -> bool:
        """Tell whether the page answers so ten times, on ten connections."""
        return all(_status(f"{base}/register") == status for _ in range(10))

    assert terminal.run("flags", "set", "registration", "off").code == 0
    with started(tmp_path, "serve", **environ):
        wait_until_ready(base)
        assert answers(403), "what was switched before holds from the first request on"
        assert terminal.run("flags", "clear", "registration").code == 0
        until(lambda: answers(200), "both processes go on")
        assert terminal.run("flags", "set", "registration", "off").code == 0
        until(lambda: answers(403), "both processes refuse")


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
