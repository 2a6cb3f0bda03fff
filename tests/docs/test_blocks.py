"""What the pages tell people to type works as printed."""

import doctest
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.markdown import ROOT, Block, blocks, pages
from tests.support.shell import typed
from tests.support.started import Started, started

_PATIENCE_SECONDS = 30
RUN_BY_THEIR_OWN_TESTS = {
    "sender-domain.md",
    "secrets.md",
    "flags.md",
    "consents.md",
    "risk.md",
    "events.md",
    "audit.md",
    "gdpr.md",
    "docker.md",
    "kubernetes.md",
    "roll-out.md",
    "clouds.md",
    "backup.md",
}


def of(*languages: str) -> list[Block]:
    return [block for page in pages() for block in blocks(page) if block.language in languages]


def named(block: Block) -> str:
    return f"{block.page.relative_to(ROOT)}:{block.text.strip().partition(chr(10))[0][:40]}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("readme")) as running:
        yield running


def readme_lines() -> list[str]:
    (block,) = (b for b in blocks(ROOT / "README.md") if "curl" in b.text)
    return block.text.strip().splitlines()


def wait_for_letter(service: Started) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        if json.loads(service.get("/dev/mail.json"))["messages"]:
            return
        time.sleep(0.05)
    pytest.fail("no letter came")


def test_the_four_lines_of_the_readme_work_as_printed(service: Started) -> None:
    where, register, verify, login, me = readme_lines()
    (registered,) = typed(service, where, register)
    wait_for_letter(service)
    verified, signed_in, caller = typed(service, where, verify, login, me)
    assert registered["status"] == "verification_sent"
    assert verified["email_verified"] is True
    assert signed_in["session_id"]
    assert caller["email"] == "alice@example.org"


def test_the_addresses_that_the_readme_names_answer(service: Started) -> None:
    told = set(re.findall(r"<http://localhost:8000([^>]*)>", (ROOT / "README.md").read_text()))
    assert {"/docs", "/dev/mail", "/register"} <= told
    for path in told:
        assert service.get(path)


def test_what_it_prints_at_the_start_is_true(service: Started) -> None:
    told = dict(re.findall(r"^  (\S[\w /()]+?)  +(http\S+)", service.text, re.MULTILINE))
    assert "API reference" in told
    for address in told.values():
        assert service.get(address)


def known_verbs() -> set[str]:
    text = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    return {"", *re.findall(r"^  \./run (\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("block", of("sh", "bash"), ids=named)
def test_a_line_for_the_shell_is_one_that_a_test_knows(block: Block) -> None:
    for line in block.text.strip().splitlines():
        first, *rest = line.split()
        if first == "./run":
            assert (rest or [""])[0] in known_verbs()
        elif line.startswith(".venv/bin/python -m "):
            assert importlib.util.find_spec(rest[1]) is not None
        elif block.page.name not in RUN_BY_THEIR_OWN_TESTS:
            assert block.page in {ROOT / "README.md", ROOT / "README.fr.md"}
            assert line in readme_lines()


@pytest.mark.parametrize("block", of("python"), ids=named)
def test_a_block_of_python_is_python(block: Block) -> None:
    compile(block.text, str(block.page), "exec")
    runner = doctest.DocTestRunner()
    example = doctest.DocTestParser().get_doctest(block.text, {}, named(block), None, None)
    assert runner.run(example).failed == 0


ASK = """
import asyncio, json, sys
from pathlib import Path
from tests.support.world import migrate, open_world

async def ask():
    url = f"sqlite:///{sys.argv[1]}/example.db"
    await migrate.up(url)
    async with open_world(url, Path(sys.argv[1])) as world:
        async with world.client() as client:
            answer = await client.get("/api/v1/clock")
            page = await client.get("/docs")
            print(json.dumps([answer.status_code, answer.json(), "/api/v1/clock" in page.text]))
            assert answer.json()["seconds"] == int(world.clock.now().timestamp())

asyncio.run(ask())
"""


def test_the_slice_that_the_architecture_page_adds_is_served(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    added = [b for b in blocks(ROOT / "ARCHITECTURE.md") if b.text.startswith("# src/watchword/")]
    for block in added:
        first, _, text = block.text.partition("\n")
        path = tmp_path / first.removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    ended = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    status, answer, described = json.loads(ended.stdout.splitlines()[-1])
    assert (len(added), status, list(answer), described) == (3, 200, ["seconds"], True)
