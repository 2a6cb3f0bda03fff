"""What alerts and panels ask for is told: by the names, the labels and in the profile that they are for."""

import json
from pathlib import Path

import pytest

from tests.support.backups import Keys
from tests.support.exposed import Exposed, scrape
from tests.support.promql import GRAFANA, PROMETHEUS, asked, growing, panels, read, rules
from tests.support.services.promtool import Promtool
from tests.support.shelf import Shelf
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.destinations import Destinations
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.backups.rules import BackupVerified

ALICE = "alice@example.org"
PROFILES = {
    "molam": ("molam.rules.yml", "watchword.rules.yml"),
    "nova": ("nova.rules.yml", "watchword.rules.yml"),
    "romapi": ("auth_rules.yml", "watchword.rules.yml"),
}
BOARDS = {"generic.json": "generic", "molam.json": "molam", "romapi.json": "romapi"}
PANELS = {
    "generic.json": ["Request Rate", "Response Time", "Error Rate"],
    "molam.json": [
        "Password reset requests by country",
        "PIN reset requests by channel",
        "OTP failure rate",
        "Rate limiting events",
        "Request duration (p50, p95, p99)",
    ],
    "romapi.json": ["Request Rate", "Response Time", "Active Sessions", "Failed Login Attempts"],
}


async def after_a_day(worlds: Opener, profile: str) -> Exposed:
    """Return what is told once people have done what is counted."""
    few = {"APP_PROFILE": profile, "RATE_LIMIT_AUTH": "2/60000", "METRICS_PORT": "0"}
    few["BACKUP_RECIPIENT"] = Keys().recipient
    async with worlds(destinations=Destinations((Shelf(),)), **few) as world:
        await world.subscriber()
        await _codes(world)
        await world.deliver()
        world.part(Metrics).pin_resets.labels("ussd", "SN").inc()
        fact = BackupVerified(name="20260301_020000", number=1, whole=True)
        await world.part(Journal).note(world.database, fact, world.clock.now())
        gauges = Gauges(world.house)
        await gauges.look()
        await gauges.look_at_carriers()
        return await scrape(world)


async def _codes(world: World) -> None:
    async with world.client() as alice:
        for _ in range(3):
            body = {"email": ALICE, "code": "000000"}
            await alice.post(world.path("/auth/otp/verify"), json=body)
        await alice.post(world.path("/auth/forgot-password"), json={"email": ALICE})


@pytest.mark.parametrize("profile", PROFILES)
async def test_every_alert_asks_for_what_is_told(small_worlds: Opener, profile: str) -> None:
    told = await after_a_day(small_worlds, profile)
    wanted = {each for rule in rules(*PROFILES[profile]) for each in asked(rule["expr"])}
    jobs = {job["job_name"] for job in read(PROMETHEUS / f"{profile}.yml")["scrape_configs"]}
    names = set()
    for each in wanted:
        if each.name == "up":
            assert {value for _, value in each.values} <= jobs, "Prometheus itself tells it"
            continue
        names.add(each.name)
        assert told.shows(each.name), each
        for label in each.labels:
            assert told.labels(each.name, label), (each, label)
        for label, value in each.values:
            assert value in told.labels(each.name, label), (each, label)
    assert len(names) >= 7


@pytest.mark.req("M-35")
@pytest.mark.needs("promtool")
@pytest.mark.parametrize("board", BOARDS)
async def test_every_panel_has_something_to_show(
    small_worlds: Opener, promtool: Promtool, tmp_path: Path, board: str
) -> None:
    told = await after_a_day(small_worlds, BOARDS[board])
    shown = [query for each in panels(board).values() for query in each]
    for query in shown:
        for each in asked(query):
            assert told.shows(each.name), each
            assert all(told.labels(each.name, label) for label in each.labels), each
    some = {"eval_time": "10m", "exp_samples": [{"labels": "{}", "value": 1}]}
    story = {
        "interval": "1m",
        "input_series": growing(told),
        "promql_expr_test": [
            {"expr": f"count(({query}) >= 0) > bool 0", **some} for query in shown
        ],
    }
    path = tmp_path / "panels.json"
    path.write_text(json.dumps({"evaluation_interval": "1m", "tests": [story]}))
    judged = promtool.judge("test", "rules", str(path))
    assert judged.code == 0, judged.said


def test_no_board_is_left_out() -> None:
    assert {path.name for path in GRAFANA.glob("*.json")} == set(BOARDS)


@pytest.mark.req("M-35")
@pytest.mark.parametrize("board", BOARDS)
def test_a_board_has_the_panels_of_before(board: str) -> None:
    assert list(panels(board)) == PANELS[board]
