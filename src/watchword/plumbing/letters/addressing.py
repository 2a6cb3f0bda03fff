"""Addressing: the name by which a letter greets somebody, or none.

A name was typed by somebody, perhaps not by the one who reads the letter, and a mail program makes links of
whatever looks like one. So a name that could be taken for an address, for markup or for somebody else's name
greets nobody; the letter begins without it:

    evil.com, www.x, a@b, 555 0199 22     a mail program would make it a link
    <b>, {{7*7}}, ${x}, %name%            markup, of whichever system it passes
    control and invisible signs           what is read is not what stands there
    two alphabets that look alike         a Latin name with one Cyrillic letter (UTS 39, mixed scripts)
    more than 64 signs                    no greeting

Letters of mathematics, of full width and the like are said as the plain ones that they stand for; between a
title and a name stands a space, so that no address comes of them (Dr.Benali, Me.App).

Source: Unicode UTS 39, UTR 36.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 64
_LINK = re.compile(
    r"[.\u3002\uff0e\uff61\u2024](?!\s)\w\w|[@:/\\\uff20]|\bwww|\d[\d\s().-]{4,}\d", re.IGNORECASE
)
_TITLE = re.compile(
    r"(?<!\S)(Dr|Pr|Prof|Mr|Mrs|Ms|Mme|Mlle|Me|M)\."
    r"(?=[^\W\d_a-z][^\W\d_]{2,}(?![\w.]))"
)
_MARKUP = re.compile(r"[<>{}$%\[\]&=|`#*_^~+]")
_INVISIBLE: Final = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_ALIKE: Final = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"}


def greeted(name: str, longest: int = LONGEST) -> str:
    """Return the name as a letter may say it; empty: the letter greets without one."""
    if any(unicodedata.category(sign) in _INVISIBLE for sign in name):
        return ""
    plain = _TITLE.sub(r"\1. ", " ".join(unicodedata.normalize("NFKC", name).split()))
    if not plain or len(plain) > longest:
        return ""
    if _LINK.search(plain) or _MARKUP.search(plain) or _of_two_alphabets(plain):
        return ""
    return plain


def _of_two_alphabets(text: str) -> bool:
    """Tell whether one word holds letters of alphabets that look alike."""
    if text.isascii():
        return False
    return any(len(_alphabets(word)) > 1 for word in re.split(r"[^\w\u0300-\u036f]+", text))


def _alphabets(word: str) -> set[str]:
    return {unicodedata.name(sign, "").partition(" ")[0] for sign in word} & _ALIKE
