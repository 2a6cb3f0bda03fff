"""The page on the sender's domain: every line of it runs, and its tables are the program's."""

import json
import re
from pathlib import Path

import pytest

from tests.support.clinic_domain import SETTINGS, ZONE
from tests.support.markdown import ROOT, blocks
from tests.support.services.dns import name_server
from tests.support.terminal import Terminal
from watchword.plumbing.dns.dmarc import POLICIES
from watchword.plumbing.dns.records import Mark

PAGE = ROOT / "docs/operate/sender-domain.md"
POLICY = ROOT / "docs/operate/ses-policy.json"
LINES = [line for block in blocks(PAGE) for line in block.text.strip().splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_page_works_as_printed(line: str, tmp_path: Path) -> None:
    command, *words = line.split()
    phase = re.search(r"--phase (\d)", line)
    policy = POLICIES[int(phase[1])] if phase else "none"
    with name_server(ZONE.replace("p=none;", f"p={policy};")) as server:
        settings = {**SETTINGS, "DNS_RESOLVER": server.address}
        said = Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path, more=settings).run(
            *words
        )
    assert (command, said.code) == ("watchword", 0), said.err
    assert said.out


def test_the_page_goes_from_the_first_phase_to_the_last() -> None:
    for command in ("records", "check"):
        lines = [line for line in LINES if line.startswith(f"watchword dns {command} ")]
        assert re.findall(r"--phase (\d)", "\n".join(lines)) == ["1", "2", "3"]


def test_the_page_tells_every_state_of_the_check() -> None:
    table = PAGE.read_text("utf-8").partition("| state |")[2].partition("\n\n")[0]
    told = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[2:]))
    assert set(told) == {mark.value for mark in Mark}


@pytest.mark.req("N-24")
def test_the_policy_that_is_shipped_is_the_one_that_is_printed(tmp_path: Path) -> None:
    (line,) = (line for line in LINES if "ses-policy" in line)
    terminal = Terminal("postgresql://nobody@127.0.0.1:9/nothing", tmp_path)
    said = terminal.run(*line.split()[1:])
    assert said.out == POLICY.read_text("utf-8")
    actions = [name for each in json.loads(said.out)["Statement"] for name in each["Action"]]
    wanted = ["SendEmail", "SendRawEmail", "GetSendQuota", "GetSendStatistics"]
    assert actions == [f"ses:{name}" for name in wanted]
