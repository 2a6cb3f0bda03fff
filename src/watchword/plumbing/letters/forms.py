"""Forms: what each letter is made from, as its folder says.

    <slice>/templates/letters/<letter>/letter.toml     its facts, each with a sample
                                       subject.txt     one line
                                       body.txt        what it says; written as text and as HTML

`known_as` in letter.toml is the name that dashboards and providers' templates know a letter by, where it is
not its folder's. A bulk letter (`bulk = true`) is one that nobody asked for just now: it tells how not to get
it any more, by a fact `unsubscribe` (RFC 8058). Another never does.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from watchword.kernel.problems import FieldError, InputInvalid

UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One letter: `template` is `<slice>/<letter>`, `sample` names its facts and what they may be."""

    template: str
    sample: Mapping[str, Any]
    known_as: str = ""
    bulk: bool = False


def load_forms(folders: Mapping[str, Path]) -> dict[str, Form]:
    """Read the letters of every slice. ValueError: a bulk one does not say how to end it."""
    found = {}
    for name, folder in folders.items():
        for path in sorted(folder.glob("letters/*/letter.toml")):
            form = _read(f"{name}/{path.parent.name}", path)
            found[form.template] = form
    return found


def find_form(forms: Mapping[str, Form], name: str) -> Form:
    """Return a letter by its whole name, its last word, or the name that providers know it by.

    Problem: `invalid_input`.
    """
    if name in forms:
        return forms[name]
    meant = [
        form for template, form in forms.items() if name in {last_word(template), form.known_as}
    ]
    if len(meant) == 1:
        return meant[0]
    some = [form.template for form in meant] or list(forms)
    told = f"{len(meant)} letters are called {name}" if meant else f"There is no letter {name}"
    sentence = f"{told}: write one of {', '.join(some)}."
    raise InputInvalid(errors=[FieldError("template", "invalid", sentence)])


def last_word(template: str) -> str:
    """Return the letter's own name, without its slice."""
    return template.rpartition("/")[2]


@cache
def _read(template: str, path: Path) -> Form:
    told = tomllib.loads(path.read_text("utf-8"))
    form = Form(
        template=template,
        sample=told.get("facts", {}),
        known_as=told.get("known_as", last_word(template)),
        bulk=told.get("bulk", False),
    )
    if form.bulk != (UNSUBSCRIBE in form.sample):
        raise ValueError(f"{path}: a bulk letter, and no other, has the fact `{UNSUBSCRIBE}`")
    return form
