"""Consent texts: what people agree to, word for word, in versions that are kept.

    <folder>/<purpose>/<version>.<language>.txt      version: 1, 2, 3 ...; the highest one is current

A text that changes is a new version, because those who agreed before agreed to the old one. `{org}` stands
for the organisation's name. An operator's own folder goes before ours, purpose by purpose; whatever is
wrong with it is told at the start, since nobody can consent to half a text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchword.kernel.problems import Problem
from watchword.plumbing.words.languages import LANGUAGES

_NAME = re.compile(r"([1-9][0-9]{0,5})\.([a-z]{2})\.txt")
_LONGEST = 4000


class ConsentTextsWrong(Problem):
    """The texts that people consent to cannot be used."""

    code = "consent_texts_wrong"


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """Every text by purpose, version and language."""

    texts: Mapping[str, Mapping[int, Mapping[str, str]]]

    def version(self, purpose: str) -> int:
        """Return the version that people agree to today."""
        return max(self.texts[purpose])

    def say(self, purpose: str, language: str) -> str:
        """Return today's text."""
        return self.texts[purpose][self.version(purpose)][language]


def read_consent_texts(
    ours: Path, own: Path | None, purposes: Iterable[str], org: str
) -> ConsentTexts:
    """Read the texts of every purpose. Problem: `consent_texts_wrong`."""
    if own is not None and not own.is_dir():
        raise _wrong(f"{own}: there is no such folder")
    found = {}
    for purpose in purposes:
        theirs = own / purpose if own is not None else None
        folder = theirs if theirs is not None and theirs.is_dir() else ours / purpose
        found[purpose] = _read(folder, org)
    return ConsentTexts(found)


def _read(folder: Path, org: str) -> dict[int, dict[str, str]]:
    versions: dict[int, dict[str, str]] = {}
    for path in sorted(folder.glob("*.txt")):
        name = _NAME.fullmatch(path.name)
        if name is None or name[2] not in LANGUAGES:
            raise _wrong(f"{path}: name it <version>.<language>.txt, such as 2.fr.txt")
        versions.setdefault(int(name[1]), {})[name[2]] = _text(path).replace("{org}", org)
    for version, texts in versions.items():
        if missing := sorted(set(LANGUAGES) - set(texts)):
            raise _wrong(f"{folder}: version {version} lacks {', '.join(missing)}")
    if not versions:
        raise _wrong(f"{folder}: there is no text")
    return versions


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise _wrong(f"{path}: this is not UTF-8") from error
    if not 0 < len(text) <= _LONGEST:
        raise _wrong(f"{path}: write 1 to {_LONGEST} characters")
    return text


def _wrong(sentence: str) -> ConsentTextsWrong:
    return ConsentTextsWrong(f"CONSENT_TEXTS_DIR: {sentence}.")
