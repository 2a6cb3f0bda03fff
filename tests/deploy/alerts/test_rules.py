"""The rules and configurations that are shipped, judged by Prometheus's own promtool."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.markdown import ROOT
from tests.support.promql import PROMETHEUS, read, rules
from tests.support.services.promtool import Promtool

FILES = ("auth_rules.yml", "molam.rules.yml", "nova.rules.yml", "watchword.rules.yml")
RECORDED = "recording.rules.yml"
LETTERS = "emails_sent_total"
PROFILES = ("ariya", "generic", "molam", "nova", "romapi")
TOLD = {
    "auth_rules.yml": ("romapi.test.yml",),
    "watchword.rules.yml": ("watchword.test.yml", "ages.test.yml"),
}
STORIES = ("ages", "molam", "nova", "recording", "romapi", "watchword")
JOBS = {
    "ariya": {"ariya-auth": "localhost:3000"},
    "generic": {
        "auth-api": "auth-api:9090",
        "postgres": "postgres-exporter:9187",
        "redis": "redis-exporter:9121",
    },
    "molam": {"molam-id-password-reset": "localhost:8085"},
    "nova": {"nova-rdv-auth": "localhost:3000", "email-provider": "localhost:3000"},
    "romapi": {"auth-service": "auth-service:3001"},
}
KEPT = {
    "molam.rules.yml": [
        ("HighOTPFailureRate", "rate(molam_id_otp_failures_total[5m]) > 0.4", "5m"),
        (
            "HighErrorRate",
            'rate(molam_id_request_duration_seconds_count{status=~"5.."}[5m]) > 0.1',
            "5m",
        ),
    ],
    "nova.rules.yml": [
        ("HighOTPFailureRate", 'rate(otp_validated_total{result="failed"}[5m]) > 0.1', "2m"),
        ("EmailProviderDown", 'up{job="email-provider"} == 0', "1m"),
        ("DatabaseConnections", "auth_database_connections > 80", "5m"),
    ],
    "auth_rules.yml": [
        ("AuthServiceDown", 'up{job="auth-service"} == 0', "1m"),
        ("HighErrorRate", 'rate(http_requests_total{status=~"5.."}[5m]) > 0.1', "2m"),
        (
            "HighResponseTime",
            "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 1",
            "5m",
        ),
        ("DatabaseConnectionFailure", "increase(database_connections_failed_total[5m]) > 0", "1m"),
        ("RedisConnectionFailure", "increase(redis_connections_failed_total[5m]) > 0", "1m"),
    ],
}


@pytest.mark.parametrize("name", [*FILES, RECORDED])
def test_every_file_of_rules_is_well_formed(promtool: Promtool, name: str) -> None:
    judged = promtool.judge("check", "rules", str(PROMETHEUS / name))
    assert judged.code == 0, judged.said
    assert f"SUCCESS: {len(rules(name))} rules found" in judged.said


@pytest.mark.req("M-31", "R-48", "K-36")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_configuration_is_good_with_the_rules_it_names(
    promtool: Promtool, profile: str
) -> None:
    judged = promtool.judge("check", "config", str(PROMETHEUS / f"{profile}.yml"))
    assert judged.code == 0, judged.said
    named = read(PROMETHEUS / f"{profile}.yml")["rule_files"]
    assert f"SUCCESS: {len(named)} rule files found" in judged.said
    assert RECORDED in named


@pytest.mark.req("K-36", "M-31", "N-73")
@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_is_scraped_under_the_names_that_its_people_know(profile: str) -> None:
    told = read(PROMETHEUS / f"{profile}.yml")
    jobs = {job["job_name"]: job for job in told["scrape_configs"]}
    targets = {name: job["static_configs"][0]["targets"][0] for name, job in jobs.items()}
    assert targets == JOBS[profile]
    assert told["global"]["scrape_interval"] == "15s"
    if profile == "nova":
        assert jobs["email-provider"]["metrics_path"] == "/metrics/email-provider"
    if profile == "generic":
        assert jobs["auth-api"]["scrape_interval"] == "5s"


@pytest.mark.req(
    "M-36", "M-37", "N-72", "N-73", "N-74", "R-54", "R-55", "R-56", "R-57", "K-33", "K-34", "D-21"
)
@pytest.mark.parametrize("name", STORIES)
def test_alerts_fire_when_they_should_and_not_before(promtool: Promtool, name: str) -> None:
    judged = promtool.judge("test", "rules", str(PROMETHEUS / f"{name}.test.yml"))
    assert judged.code == 0, judged.said
    assert "SUCCESS" in judged.said


def test_promtool_sees_an_alert_that_does_not_fire(promtool: Promtool, tmp_path: Path) -> None:
    shutil.copy(PROMETHEUS / "nova.rules.yml", tmp_path)
    story = (PROMETHEUS / "nova.test.yml").read_text("utf-8").replace("0+12x20", "0+1x20")
    (tmp_path / "nova.test.yml").write_text(story, "utf-8")
    judged = promtool.judge("test", "rules", str(tmp_path / "nova.test.yml"))
    assert judged.code == 1
    assert "alertname: HighOTPFailureRate, time: 5m" in judged.said


@pytest.mark.req("R-48")
def test_romapi_is_scraped_as_often_as_it_was() -> None:
    told = read(PROMETHEUS / "romapi.yml")
    [job] = told["scrape_configs"]
    assert told["global"]["scrape_interval"] == "15s"
    assert "auth_rules.yml" in told["rule_files"]
    [manager] = told["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert (job["job_name"], job["metrics_path"]) == ("auth-service", "/metrics")
    assert (job["scrape_interval"], job["scrape_timeout"]) == ("30s", "10s")


@pytest.mark.req("M-36", "M-37", "N-72", "N-73", "N-74", "R-54", "R-55", "R-56", "R-57")
@pytest.mark.parametrize("name", KEPT)
def test_the_alerts_of_before_are_kept_to_the_letter(name: str) -> None:
    found = [(rule["alert"], rule["expr"], rule["for"]) for rule in rules(name)]
    assert found == KEPT[name]


@pytest.mark.req("K-33", "K-34")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_has_the_alerts_that_weigh_shares(profile: str) -> None:
    assert "watchword.rules.yml" in read(PROMETHEUS / f"{profile}.yml")["rule_files"]
    assert {"OTPFailureRatioHigh", "ErrorRatioHigh"} <= {
        rule["alert"] for rule in rules("watchword.rules.yml")
    }


@pytest.mark.parametrize("name", FILES)
def test_every_alert_was_seen_firing_and_silent(name: str) -> None:
    told = TOLD.get(name, (name.replace(".rules.", ".test."),))
    tests = [test for each in told for test in read(PROMETHEUS / each)["tests"]]
    asked = [each for test in tests for each in test["alert_rule_test"]]
    for rule in rules(name):
        fired = {bool(each["exp_alerts"]) for each in asked if each["alertname"] == rule["alert"]}
        assert fired == {True, False}, rule["alert"]


def test_every_recorded_series_was_asked_for_by_a_test() -> None:
    told = {rule["record"] for rule in rules(RECORDED)}
    tests = (PROMETHEUS / "recording.test.yml").read_text("utf-8")
    assert all(name in tests for name in told)
    assert len(told) == 6


@pytest.mark.req("A-62")
def test_every_alert_leads_to_what_there_is_to_do() -> None:
    page = (ROOT / "docs/operate/alerts.md").read_text("utf-8")
    written = {heading.lower() for heading in re.findall(r"^## (\w+)$", page, re.MULTILINE)}
    led = {rule["annotations"]["runbook_url"].partition("#") for rule in rules(*FILES)}
    assert {page for page, _, _ in led} == {"docs/operate/alerts.md"}
    assert {anchor for _, _, anchor in led} == written


@pytest.mark.parametrize("place", ["prometheus", "compose/monitoring"])
def test_nova_counts_no_letter_twice_though_two_jobs_ask_the_same_process(
    promtool: Promtool, tmp_path: Path, place: str
) -> None:
    jobs = read(PROMETHEUS.parent / place / "nova.yml")["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["nova-rdv-auth", "email-provider"]
    labels = 'provider="smtp",result="sent"'
    kept = [
        {"series": f'{LETTERS}{{job="{job["job_name"]}",{labels}}}', "values": "0+60x20"}
        for job in jobs
        if not drops(job, LETTERS)
    ]
    one_a_second = {"labels": f"provider:emails_sent:rate5m{{{labels}}}", "value": 1}
    asked = {
        "expr": "provider:emails_sent:rate5m",
        "eval_time": "15m",
        "exp_samples": [one_a_second],
    }
    told = {"interval": "1m", "input_series": kept, "promql_expr_test": [asked]}
    story = {"rule_files": [str(PROMETHEUS / RECORDED)], "tests": [told]}
    (tmp_path / "letters.test.yml").write_text(yaml.safe_dump(story), "utf-8")
    judged = promtool.judge("test", "rules", str(tmp_path / "letters.test.yml"))
    assert judged.code == 0, judged.said


def drops(job: dict[str, Any], metric: str) -> bool:
    """Tell whether a job throws a metric away, by the rules that Prometheus follows."""
    return any(
        each["action"] == "drop"
        and each["source_labels"] == ["__name__"]
        and re.fullmatch(each["regex"], metric)
        for each in job.get("metric_relabel_configs", [])
    )
