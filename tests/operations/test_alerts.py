"""What alerts and panels ask for is told: by the names, the labels and in the profile that they are for."""

import json
import re

import pytest

from tests.support.exposed import Exposed, scrape
from tests.support.markdown import ROOT
from tests.support.worlds import Opener
from watchword.plumbing.metrics.counting import Metrics

DEPLOY = ROOT / "deploy"
AUTH = "/api/v1/auth"
METRIC = re.compile(r"\b([a-z_]+_(?:total|count|bucket))(?:\{(\w+)[=!]~?\"[^\"]*\"\})?")
GROUPED = re.compile(r"sum by \((\w+)\) \(\w+\(([a-z_]+)")
SEED = {
    "HighOTPFailureRate": "rate(molam_id_otp_failures_total[5m]) > 0.4",
    "HighErrorRate": 'rate(molam_id_request_duration_seconds_count{status=~"5.."}[5m]) > 0.1',
}
PANELS = [
    "Password reset requests by country",
    "PIN reset requests by channel",
    "OTP failure rate",
    "Rate limiting events",
    "Request duration (p50, p95, p99)",
]


def rules(name: str) -> str:
    return (DEPLOY / "prometheus" / name).read_text("utf-8")


def queries() -> dict[str, list[str]]:
    """Return what the panels of the board ask for, by title."""
    board = json.loads((DEPLOY / "grafana" / "molam.json").read_text("utf-8"))
    return {
        panel["title"]: [target["expr"] for target in panel["targets"]] for panel in board["panels"]
    }


async def after_a_day(small_worlds: Opener) -> Exposed:
    """Return what is told once people have done what the panels count."""
    settings = {"APP_PROFILE": "molam", "RATE_LIMIT_AUTH": "2/60000"}
    async with small_worlds(**settings) as world, world.client() as alice:
        await world.subscriber()
        for _ in range(3):
            body = {"email": "alice@example.org", "code": "000000"}
            await alice.post(f"{AUTH}/otp/verify", json=body)
        await alice.post(f"{AUTH}/forgot-password", json={"email": "alice@example.org"})
        world.part(Metrics).pin_resets.labels("ussd", "SN").inc()
        return await scrape(world)


async def test_every_alert_and_panel_asks_for_what_is_told(small_worlds: Opener) -> None:
    told = await after_a_day(small_worlds)
    asked = [
        rules("molam.rules.yml"),
        rules("watchword.rules.yml"),
        *(one for each in queries().values() for one in each),
    ]
    named = [found for text in asked for found in METRIC.findall(text)]
    assert len(named) >= 10
    for name, label in named:
        assert told.shows(name), name
        if label:
            assert told.labels(name, label), (name, label)
    for label, name in (found for text in asked for found in GROUPED.findall(text)):
        if label != "le":
            assert told.labels(name, label), (name, label)


def test_the_board_has_the_panels_of_the_seed() -> None:
    assert list(queries()) == PANELS


@pytest.mark.parametrize("alert", SEED)
def test_the_alerts_of_the_seed_are_kept_to_the_letter(alert: str) -> None:
    text = rules("molam.rules.yml")
    assert f"alert: {alert}\n        expr: {SEED[alert]}\n        for: 5m\n" in text


def test_every_alert_names_a_page_that_is_there() -> None:
    pages = re.findall(r"runbook: (\S+)", rules("molam.rules.yml") + rules("watchword.rules.yml"))
    assert len(pages) == 3
    assert all((ROOT / page).is_file() for page in pages)
