"""Languages: English, French and Arabic words by slug, and whose words to use.

A slice keeps its words in `templates/words/<language>.toml`; tables flatten to slugs
(`[login] title` is `login.title`). A slug missing in one language falls back to English; a test
fails for it. Whose words (`choose_language`):

    asked        what the request itself names
    preferred    what the person chose, in their account
    accepted     what their browser or app says: the switch of the pages, else Accept-Language (RFC 9110)
    seen         what was remembered of them
    country      the country's; and then the default

An account remembers one language, and how we know it: chosen, seen on the last visit, or guessed. A letter
that answers a visit is in the language of `language_of`. One that nobody waits for, or that warns of what
somebody else did, is in the language that the account remembers.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from watchword.kernel.ports import Visitor
from watchword.kernel.problems import FieldError, InputInvalid

LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})
FALLBACK = "en"
CHOSEN: Final = "chosen"
SEEN: Final = "seen"
GUESSED: Final = "guessed"
_HOUR, _DAY = 60, 1440
_FEW = range(3, 11)
# The language that most letters to a country are read in; where it is English, or where we speak none of
# its languages, nothing is said here.
_COUNTRIES: Mapping[str, str] = {
    "ar": "AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE",
    "fr": "BE BF BI BJ CD CF CG CI CM DJ FR GA GF GN GP GQ HT KM LU MC MG ML MQ NC NE PF RE SN TD TG YT",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language that somebody reads, and how we know: chosen, seen or guessed."""

    language: str
    by: str


class Reader(Protocol):
    """Whoever is written to."""

    @property
    def language(self) -> str:
        """In which language, when nobody is there to ask."""

    @property
    def language_by(self) -> str:
        """How we know."""


@dataclass(frozen=True, slots=True)
class Words:
    """Every slug's text in every language."""

    texts: Mapping[str, Mapping[str, str]]

    def say(self, language: str, key: str, /, **params: object) -> str:
        """Return the text of a slug; KeyError: no language knows it."""
        text = self.texts[language].get(key)
        if text is None:
            text = self.texts[FALLBACK][key]
        return text.format(**params) if params else text

    def t(self, lang: str, key: str, params: Mapping[str, str] | None = None) -> str:
        """Look up as Molam does: `ttl` is whole minutes; a language we do not speak is English.

        KeyError: there is no such key.
        """
        language = known_language(lang) or FALLBACK
        values = dict(params or {})
        if "ttl" in values:
            values["ttl"] = self.duration(language, int(values["ttl"]))
        return self.say(language, key, **values)

    def duration(self, language: str, minutes: int) -> str:
        """Say how long: "10 minutes", "24 hours", "7 days", with the plural the language wants."""
        unit, each = "minutes", 1
        if minutes >= 2 * _DAY:
            unit, each = "days", _DAY
        elif minutes >= 2 * _HOUR:
            unit, each = "hours", _HOUR
        n = minutes // each
        if not n:
            return self.say(language, "duration.under_a_minute")
        return self.say(language, f"duration.{unit}_{_plural(n)}", n=n)

    def knows(self, key: str) -> bool:
        """Tell whether there is such a slug."""
        return key in self.texts[FALLBACK]


def load_words(folders: Iterable[Path]) -> Words:
    """Read and join the catalogues of the folders; ValueError: a slug is defined twice."""
    texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for folder in folders:
        for language, known in texts.items():
            path = folder / f"{language}.toml"
            if not path.exists():
                continue
            for key, text in _flatten("", tomllib.loads(path.read_text("utf-8"))):
                if key in known:
                    message = f"{path}: {key} is defined elsewhere too"
                    raise ValueError(message)
                known[key] = text
    return Words(texts)


def _flatten(prefix: str, table: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        slug = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            yield from _flatten(slug, value)
        else:
            yield slug, str(value)


def choose_language(
    *,
    asked: str | None = None,
    preferred: str | None = None,
    accepted: str | None = None,
    seen: str | None = None,
    country: str | None = None,
    default: str = FALLBACK,
) -> str:
    """Return the first that we speak: asked for, preferred, accepted, seen, the country's, the default."""
    return (
        known_language(asked)
        or known_language(preferred)
        or accepted_language(accepted or "")
        or known_language(seen)
        or _of_country(country)
        or known_language(default)
        or FALLBACK
    )


def language_of(reader: Reader, visitor: Visitor) -> str:
    """Return the language in which somebody is answered who visits us."""
    return choose_language(
        asked=visitor.asked_language,
        preferred=reader.language if reader.language_by == CHOSEN else None,
        accepted=visitor.heard_language,
        seen=reader.language,
    )


def learned(
    *, chosen: str | None = None, heard: str | None = None, country: str | None, default: str
) -> Spoken:
    """Return what to remember of somebody's language."""
    by = CHOSEN if known_language(chosen) else SEEN if known_language(heard) else GUESSED
    language = choose_language(asked=chosen, seen=heard, country=country, default=default)
    return Spoken(language, by)


def known_language(word: str | None) -> str | None:
    """Return the language if we speak it (`fr-DZ` is `fr`), else nothing."""
    code = (word or "").partition("-")[0].partition("_")[0].strip().lower()
    return code if code in LANGUAGES else None


def chosen_language(word: str, field: str = "language") -> str:
    """Read the language that somebody chose. Problem: `invalid_input` naming the field."""
    language = known_language(word)
    if language is None:
        told = FieldError(field, "invalid_language", f"Choose one of: {', '.join(LANGUAGES)}.")
        raise InputInvalid(errors=[told])
    return language


@lru_cache(maxsize=512)
def accepted_language(header: str) -> str | None:
    """Return the best language of an Accept-Language header (RFC 9110, section 12.5.4)."""
    best, best_weight = None, 0.0
    for part in header[:256].split(","):
        name, _, parameter = part.partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        language = known_language(name)
        if language and weight > best_weight:
            best, best_weight = language, weight
    return best


def _of_country(country: str | None) -> str | None:
    code = (country or "").upper()
    return next((name for name, known in _COUNTRIES.items() if code in known.split()), None)


def _plural(n: int) -> str:
    """Return the form of a number: Arabic has four of ours, and the others say the rest alike."""
    return "one" if n == 1 else "two" if n == 2 else "few" if n % 100 in _FEW else "many"  # noqa: PLR2004


def direction(language: str) -> str:
    """Return `rtl` or `ltr`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
