"""What docs/operate/risk.md says is what happens."""

import json
from pathlib import Path

import pytest

from tests.support.markdown import ROOT, Block, blocks
from tests.support.risk import codes, look, sira, write
from tests.support.stub import answer, stub
from tests.support.terminal import Terminal
from tests.support.worlds import Opener

PAGE = ROOT / "docs" / "operate" / "risk.md"


def of(language: str) -> list[Block]:
    return [block for block in blocks(PAGE) if block.language == language]


@pytest.mark.req("D-62")
async def test_a_post_looks_as_printed_and_is_verified_as_printed(small_worlds: Opener) -> None:
    (example,), (python,), (ini,) = of("json"), of("python"), of("ini")
    printed, told = json.loads(example.text), dict(line.split("=", 1) for line in ini.text.split())
    secret = told["SIRA_WEBHOOK_SECRET"]
    async with (
        stub(answer(202)) as receiver,
        small_worlds(**sira(receiver.url, SIRA_WEBHOOK_SECRET=secret)) as world,
    ):
        await write(world, *codes("+-+-+-+-+-"))
        await look(world)
        now = world.clock.now().timestamp()
    (asked,) = receiver.asked
    assert asked.json == {**printed, "id": asked.json["id"]}
    page: dict[str, object] = {}
    exec(python.text, page)  # noqa: S102 - the page is ours
    genuine = page["is_genuine"]
    assert callable(genuine)
    assert genuine(secret, asked.headers, asked.body, now)
    assert not genuine(secret, asked.headers, asked.body + b" ", now)
    assert not genuine(secret, asked.headers, asked.body, now + 301)


@pytest.mark.req("M-52")
def test_its_commands_run(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    lines = [line.split() for block in of("sh") for line in block.text.split("\n") if line.strip()]
    assert len(lines) == 4
    for watchword, *words in lines:
        assert watchword == "watchword"
        assert terminal.run(*words).code == 0, words
