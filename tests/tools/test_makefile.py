"""`make` knows the same words as `./run`, those of a deployment by Compose, and a load."""

import re

import pytest

from tests.support.markdown import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ELSEWHERE = {
    "build",
    "up",
    "scale",
    "logs",
    "down",
    "loadtest",
}  # of Compose; of a service that runs


@pytest.mark.req("M-09", "M-51", "A-16", "A-43", "R-08")
def test_each_word_of_make_is_one_of_run() -> None:
    words = {
        name: lines.split("\n\t")
        for name, lines in re.findall(r"^([a-z0-9-]+):\n\t(.+(?:\n\t.+)*)$", MAKEFILE, re.MULTILINE)
    }
    assert {name: each for name, each in words.items() if name not in ELSEWHERE} == {
        "dev": ["deploy/scripts/develop.sh"],
        "test": ["./run test"],
        "test-e2e": ['TEST_BASE_URL="$(BASE)" ./run test tests/e2e -v'],
        "ci": ["./run check", "./run test", "./run audit", "./run build"],
    }
    assert set(MAKEFILE.partition(".PHONY: ")[2].splitlines()[0].split()) == set(words)
