"""Every letter is what was last looked at: as text and as HTML, in every language."""

from pathlib import Path

import pytest

from tools.letters import GOLDEN, ROOT, compiled, samples, stale
from watchword.plumbing.letters.writing import LAYOUT

MORE_THAN_ENOUGH = 30_000  # bytes; Gmail cuts off after 102 000


@pytest.mark.req("A-11")
def test_every_letter_reads_as_it_was_kept() -> None:
    changed = [str(path.relative_to(ROOT)) for path in stale()]
    assert not changed, "look at them, then keep them: ./run letters"


def test_the_layout_is_the_mjml_compiled() -> None:
    assert (LAYOUT / "base.html").read_text("utf-8") == compiled(), "./run letters"


def test_no_letter_is_too_long_for_a_mail_program() -> None:
    kept = {Path(name): text for name, text in samples()}
    assert all(len(text.encode()) < MORE_THAN_ENOUGH for text in kept.values())
    assert len(kept) == len([path for path in GOLDEN.rglob("*") if path.is_file()])
