"""Overrides: an operator's own words in place of ours, read once and checked before they are used.

    <LETTERS_DIR>/<slice>/<letter>/<language>.subject.txt     one line
                                   <language>.txt             what stands before the signature
                                   <language>.html            the same, as it stands in our card

Text and HTML come together, so that neither says less. What they may hold: `checks`. What is wrong is
named by file and line, and that letter is ours again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Template

from watchword.plumbing.letters.checks import Wrong, compile_checked, read_source
from watchword.plumbing.letters.forms import Form
from watchword.plumbing.words.languages import LANGUAGES

_PARTS: Final = {"subject.txt": "subject", "txt": "text", "html": "html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with an override, and where."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        """Write it as compilers do."""
        return f"{self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """An operator's words for one letter in one language; nothing: ours."""

    subject: Template | None = None
    text: Template | None = None
    html: Template | None = None


Overrides = Mapping[tuple[str, str], Override | None]  # None: there is one, and it is wrong


def read_overrides(folder: Path, forms: Mapping[str, Form]) -> tuple[Overrides, list[Fault]]:
    """Read and check every override; a wrong one is None among them, and a fault says why."""
    if not folder.is_dir():
        return {}, [Fault(file=str(folder), line=1, sentence="there is no such folder")]
    found: dict[tuple[str, str], Override | None] = {}
    faults: list[Fault] = []
    files: dict[tuple[str, str], dict[str, Path]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts) or name.suffix == ".md":
            continue
        language, _, part = path.name.partition(".")
        template = name.parent.as_posix()
        sentence = _misplaced(template, language, part, forms)
        if sentence:
            faults.append(Fault(file=str(name), line=1, sentence=sentence))
        else:
            files.setdefault((template, language), {})[part] = path
    for (template, language), parts in files.items():
        override, wrong = _read(folder, parts, forms[template])
        found[template, language] = None if wrong else override
        faults += wrong
    return found, faults


def _misplaced(template: str, language: str, part: str, forms: Mapping[str, Form]) -> str | None:
    if template not in forms:
        return f"there is no letter {template}; `watchword email templates` lists them"
    if language not in LANGUAGES or part not in _PARTS:
        return f"write {'|'.join(LANGUAGES)} and .subject.txt, .txt or .html"
    return None


def _read(folder: Path, files: Mapping[str, Path], form: Form) -> tuple[Override, list[Fault]]:
    made, faults = {}, []
    for part, path in files.items():
        tell = partial(Fault, file=str(path.relative_to(folder)))
        try:
            source = read_source(path.read_bytes())
            made[_PARTS[part]] = compile_checked(source, part, form)
        except Wrong as wrong:
            faults += [tell(line=line, sentence=sentence) for line, sentence in wrong.faults]
        except Exception as error:  # noqa: BLE001 - one file must not keep the service from starting
            faults.append(tell(line=1, sentence=f"cannot be read: {type(error).__name__}"))
    alone = {"txt", "html"} & files.keys()
    if len(alone) == 1:
        file = str(files[alone.pop()].relative_to(folder))
        faults.append(Fault(file=file, line=1, sentence="text and HTML come together: write both"))
    return Override(**made), faults
