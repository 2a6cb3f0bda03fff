"""What alerts and panels ask for is told: by the names, the labels and in the profile that they are for."""

import json
from pathlib import Path

import pytest

from tests.support.backups import Keys
from tests.support.exposed import Exposed, scrape
from tests.support.promql import GRAFANA, PROMETHEUS, asked, growing, panels, read, rules
from tests.support.services.promtool import Promtool
from tests.support.shelf import Shelf
from tests.support.world import SECRET, START, World
from tests.support.worlds import Opener
from watchword.kernel.chance import SystemChance
from watchword.kernel.destinations import Destinations
from watchword.operations.certs.service import make_self_signed
from watchword.operations.metrics.service import Gauges
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.backups.rules import BackupVerified

ALICE = "alice@example.org"
PROFILES = {
    "ariya": ("watchword.rules.yml", "recording.rules.yml"),
    "generic": ("watchword.rules.yml", "recording.rules.yml"),
    "molam": ("molam.rules.yml", "watchword.rules.yml"),
    "nova": ("nova.rules.yml", "watchword.rules.yml"),
    "romapi": ("auth_rules.yml", "watchword.rules.yml"),
}
BOARDS = {
    "ariya.json": "ariya",
    "generic.json": "generic",
    "mail-and-codes.json": "nova",
    "molam.json": "molam",
    "nova.json": "nova",
    "romapi.json": "romapi",
}
TITLES = {
    "ariya.json": "Ariya Authentication",
    "generic.json": "Auth API Dashboard",
    "mail-and-codes.json": "Mail and Codes",
    "molam.json": "Molam ID: password and PIN reset",
    "nova.json": "NOVA RDV+ Authentication",
    "romapi.json": "ROMAPI Auth Service",
}
KINDS = {"timeseries", "stat"}
PANELS = {
    "ariya.json": [
        "Request Rate",
        "Response Time",
        "Share of Errors",
        "Active Sessions",
        "Failed Login Attempts",
        "Requests over a Limit",
        "Letters that wait",
        "Database Connections",
    ],
    "mail-and-codes.json": [
        "Letters by Carrier and Result",
        "Delivery Time",
        "Carriers that answer",
        "Letters that wait",
        "Dead Letters",
        "What became of Letters",
        "Codes sent",
        "Codes by Result",
        "Share of Codes that fail",
    ],
    "nova.json": [
        "Request Rate",
        "Response Time",
        "Active Sessions",
        "Codes by Result",
        "Share of Codes that fail",
        "Letters by Carrier and Result",
        "Carriers that answer",
        "Database Connections",
    ],
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


async def after_a_day(worlds: Opener, profile: str, place: Path, redis: str) -> Exposed:
    """Return what is told once people have done what is counted."""
    settings = {
        "APP_PROFILE": profile,
        "RATE_LIMIT_AUTH": "2/60000",
        "METRICS_PORT": "0",
        "REDIS_URL": redis,
        "PEPPER": "",
        "BACKUP_RECIPIENT": Keys().recipient,
        **_files(place),
    }
    async with worlds(destinations=Destinations((Shelf(),)), **settings) as world:
        await world.subscriber()
        await _codes(world)
        await world.deliver()
        _seldom(world.part(Metrics))
        fact = BackupVerified(name="20260301_020000", number=1, whole=True)
        await world.part(Journal).note(world.database, fact, world.clock.now())
        gauges = world.house.part(Gauges)
        await gauges.look()
        await gauges.look_at_carriers()
        await gauges.look_at_files()
        return await scrape(world)


def _files(place: Path) -> dict[str, str]:
    """Write a certificate and a secret; return the settings that name them."""
    files = make_self_signed(place / "tls", ["localhost"], 30, START, SystemChance())
    (place / "secrets").mkdir()
    (place / "secrets/PEPPER").write_text(SECRET.format(name="PEPPER"))
    return {
        "SSL_CERT_PATH": str(files.certificate),
        "SSL_KEY_PATH": str(files.key),
        "SECRETS_DIR": str(place / "secrets"),
    }


def _seldom(metrics: Metrics) -> None:
    """Count what no day of a test has: a PIN reset by telephone, a bounce, a job that failed."""
    metrics.pin_resets.labels("ussd", "SN").inc()
    metrics.feedback.labels("mailgun", "bounce").inc()
    metrics.jobs_failed.labels("risk").inc()


async def _codes(world: World) -> None:
    async with world.client() as alice:
        for _ in range(3):
            body = {"email": ALICE, "code": "000000"}
            await alice.post(world.path("/auth/otp/verify"), json=body)
        await alice.post(world.path("/auth/forgot-password"), json={"email": ALICE})


@pytest.mark.req("D-23")
@pytest.mark.needs("valkey")
@pytest.mark.parametrize("profile", PROFILES)
async def test_every_alert_asks_for_what_is_told(
    small_worlds: Opener, tmp_path: Path, valkey_url: str, profile: str
) -> None:
    told = await after_a_day(small_worlds, profile, tmp_path, valkey_url)
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


@pytest.mark.req("M-35", "R-58", "G-56", "D-19", "D-23")
@pytest.mark.needs("promtool", "valkey")
@pytest.mark.parametrize("board", BOARDS)
async def test_every_panel_has_something_to_show(
    small_worlds: Opener, promtool: Promtool, tmp_path: Path, valkey_url: str, board: str
) -> None:
    told = await after_a_day(small_worlds, BOARDS[board], tmp_path, valkey_url)
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


@pytest.mark.req("M-35", "R-58", "G-56")
@pytest.mark.parametrize("board", BOARDS)
def test_a_board_has_the_panels_of_before(board: str) -> None:
    assert list(panels(board)) == PANELS[board]


@pytest.mark.req("R-58", "G-56", "D-19")
@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_one_that_grafana_provisions(board: str) -> None:
    told = json.loads((GRAFANA / board).read_text("utf-8"))
    assert told["title"] == TITLES[board]
    assert told["uid"]
    assert "dashboard" not in told, "the envelope of the API"
    [source] = told["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    for panel in told["panels"]:
        assert panel["type"] in KINDS
        assert panel["datasource"] == {"type": "prometheus", "uid": f"${{{source['name']}}}"}


@pytest.mark.req("R-58", "G-56")
def test_grafana_finds_the_boards_and_prometheus_by_files() -> None:
    [provider] = read(GRAFANA / "provisioning/dashboards.yml")["providers"]
    assert (provider["type"], provider["options"]) == (
        "file",
        {"path": "/var/lib/grafana/dashboards"},
    )
    [source] = read(GRAFANA / "provisioning/datasources.yml")["datasources"]
    assert (source["type"], source["isDefault"], source["access"]) == ("prometheus", True, "proxy")


def test_boards_of_one_grafana_do_not_take_one_anothers_place() -> None:
    uids = [json.loads((GRAFANA / board).read_text("utf-8"))["uid"] for board in BOARDS]
    assert len(set(uids)) == len(BOARDS)
