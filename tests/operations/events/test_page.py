"""What docs/operate/events.md says is what happens."""

from pathlib import Path

from tests.support.markdown import ROOT, blocks
from tests.support.terminal import Terminal

PAGE = ROOT / "docs" / "operate" / "events.md"


def test_its_commands_run(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    shown = [block.text for block in blocks(PAGE) if block.language == "sh"]
    lines = [line for text in shown for line in text.splitlines() if line.strip()]
    assert len(lines) == 7
    for line in lines:
        watchword, *words = line.replace("'", "").split()
        assert watchword == "watchword"
        said = terminal.run(*words)
        assert said.code == 0, f"{line}\n{said.out}{said.err}"
