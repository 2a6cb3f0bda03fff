"""A runbook for each trouble: one shape, found from the index, reached from the alerts."""

import re
from pathlib import Path

import pytest

from tests.support.markdown import ROOT, links, words

FOLDER = ROOT / "docs/operate/runbooks"
TROUBLES = {
    "start.md": ["exit code", "watchword env validate", "watchword doctor"],
    "database.md": ["pg_isready", "pg_stat_activity", "watchword db slow", "watchword db indexes"],
    "redis.md": ["PING", "INFO memory", "watchword doctor --redis"],
    "mail.md": ["watchword email status", "watchword dns check", "watchword email test"],
    "codes.md": ["watchword otp stats --by country,channel", "watchword doctor --time"],
    "sign-in.md": ["watchword stats", "watchword users unlock", "one use"],
    "slow.md": ["watchword debug profile", "py-spy"],
    "memory.md": ["watchword debug heap", "kill -USR2"],
    "migration.md": ["watchword migrate status", "watchword migrate up"],
    "events.md": ["watchword events status"],
    "rollback.md": ["rollout undo", "digest", "deploy/scripts/rollback.sh"],
    "recovery.md": ["watchword backup verify", "watchword backup restore", "scratch database"],
    "scale-up.md": ["make scale N=5", "minReplicas", "--replicas=5", "max_connections"],
    "tests.md": ["make test-e2e"],
}
OTHER = {"README.md", "first-day.md"}


@pytest.mark.req("A-62", "G-68", "G-73", "M-52", "A-53", "A-54", "M-51")
@pytest.mark.parametrize("name", TROUBLES)
def test_a_runbook_says_how_it_shows_what_to_do_and_how_one_knows_that_it_is_over(
    name: str,
) -> None:
    text = (FOLDER / name).read_text("utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert titles[0] == "Symptoms"
    assert titles[-1] == "How to know that it is mended"
    assert any(title.startswith("What ") for title in titles[1:-1])
    for told in TROUBLES[name]:
        assert told in text, told


def test_every_page_is_in_the_index_and_no_other() -> None:
    led = {link for link in links(FOLDER / "README.md") if "/" not in link}
    assert led == {path.name for path in FOLDER.glob("*.md")} - {"README.md"}
    assert led == (set(TROUBLES) | OTHER) - {"README.md"}


@pytest.mark.req("A-62")
def test_alerts_lead_to_runbooks() -> None:
    led = [link for link in links(ROOT / "docs/operate/alerts.md") if "runbooks/" in link]
    pages = {Path(link.partition("#")[0]).name for link in led}
    assert {"start.md", "database.md", "redis.md", "mail.md", "codes.md", "slow.md"} <= pages


@pytest.mark.req("A-62")
def test_whoever_is_new_gets_a_first_day() -> None:
    text = (FOLDER / "first-day.md").read_text("utf-8")
    steps = re.findall(r"^\d+\. \*\*", text, re.MULTILINE)
    assert len(steps) >= 8
    told = [word for word in words(FOLDER / "first-day.md") if word.startswith("watchword ")]
    assert len(told) >= 6


@pytest.mark.req("N-107")
def test_the_runbooks_say_for_which_version_and_when_they_were_looked_through() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    assert re.search(r"Reviewed for version \d+\.\d+\.\d+, 20\d\d-\d\d-\d\d\.", text)
