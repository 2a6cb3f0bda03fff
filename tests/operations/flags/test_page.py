"""What the page on flags tells people is so."""

from pathlib import Path

from tests.support.markdown import ROOT, blocks, words
from tests.support.terminal import Terminal
from watchword.app.flagging import declared

PAGE = ROOT / "docs/operate/flags.md"


def test_its_lines_do_what_they_say(sqlite_url: str, tmp_path: Path) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    [block] = [each for each in blocks(PAGE) if each.language == "sh"]

    for line in block.text.strip().splitlines():
        said = terminal.run(*line.split()[1:])
        assert said.code == 0, said

    standing = {
        each["name"]: each["value"] for each in terminal.run("flags", "list", "--json").json
    }
    assert standing == dict.fromkeys(declared(), "on") | {"sign_in.code": "25%"}


def test_it_names_every_flag_and_no_other() -> None:
    told = {word for word in words(PAGE) if word in declared() or word.startswith("oauth.")}

    assert told == set(declared())
