"""What docs/operate/audit.md says is what happens."""

import shlex
from pathlib import Path

from tests.support.markdown import ROOT, blocks, prose
from tests.support.terminal import Terminal
from watchword.operations.audit.rules import FaultKind

PAGE = ROOT / "docs" / "operate" / "audit.md"


def test_its_commands_run(sqlite_url: str, tmp_path: Path) -> None:
    log = tmp_path / "combined.log"
    log.write_text("")
    terminal = Terminal(sqlite_url, tmp_path)
    shown = [block.text for block in blocks(PAGE) if block.language == "sh"]
    lines = [line for text in shown for line in text.splitlines() if line.strip()]
    assert len(lines) == 4
    for line in lines:
        watchword, *words = shlex.split(line.replace("/mnt/logs/combined.log", str(log)))
        assert watchword == "watchword"
        said = terminal.run(*words)
        assert said.code == 0, f"{line}\n{said.out}{said.err}"


def test_it_explains_each_fault() -> None:
    assert [kind for kind in FaultKind if f"`{kind}`" not in prose(PAGE)] == []
