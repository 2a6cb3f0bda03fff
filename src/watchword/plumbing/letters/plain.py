"""Plain HTML: written so that no reader of it could take a piece for something else than another does.

a tag         its attributes each in quotes, without < or > in them
a condition   between tags, and between signs that are written by their names: never within one
"""

import re
from collections.abc import Iterator
from typing import Final

from watchword.plumbing.letters.readings import BEGINS, ENDS

_PLAIN_TAG: Final = re.compile(
    r"<(?:/[a-z]+[1-3]?|[a-z]+[1-3]?(?:[ \n\t]+[a-z]+=(?:\"[^\"<>]*\"|'[^'<>]*'))*[ \n\t]*/?)>",
    re.IGNORECASE,
)
_TORN_TAG: Final = re.compile(f"<[^<>]*[{BEGINS}{ENDS}]")
_WHOLE: Final = (
    "a condition cannot stand within a tag: write the whole tag in each of its branches"
    " (and &lt; for a < that begins none)"
)
_TORN_SIGN: Final = re.compile(f"&#?\\w*[\x01{BEGINS}{ENDS}]")


def torn(source: str) -> Iterator[tuple[int, str]]:
    """Yield where a branch, or a fact, begins or ends within a tag or a sign: place, sentence."""
    for found in _TORN_TAG.finditer(source):
        yield found.start(), _WHOLE
    for found in _TORN_SIGN.finditer(source):
        yield found.start(), "write &amp; for &, and a sign's name in one piece"


def not_plain(source: str) -> Iterator[tuple[int, str]]:
    """Yield what one reader of HTML might take for something else than another: place, sentence."""
    for found in re.finditer("<", source):
        if not _PLAIN_TAG.match(source, found.start()):
            yield found.start(), """write a tag as <p dir="ltr"> or </p>, and &lt; for <"""
