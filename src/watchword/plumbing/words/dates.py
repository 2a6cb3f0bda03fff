"""Dates as people read them: in words, in the reader's language.

in_words, day_in_words   at the clock of the place itself: an appointment
span_in_words            so many months or years
moment                   in UTC, and says so: when something happened, wherever that was
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

# Spans by the form that a number asks for; Arabic has words of their own for one and for two.
_SPANS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "en": {
        "month": {"one": "{} month", "other": "{} months"},
        "year": {"one": "{} year", "other": "{} years"},
    },
    "fr": {"month": {"other": "{} mois"}, "year": {"one": "{} an", "other": "{} ans"}},
    "ar": {
        "month": {
            "one": "شهر واحد",
            "two": "شهران",
            "few": "{} أشهر",
            "many": "{} شهرًا",
            "other": "{} شهر",
        },
        "year": {"one": "سنة واحدة", "two": "سنتان", "few": "{} سنوات", "other": "{} سنة"},
    },
}
_LOCALES: Final[Mapping[str, str]] = {"en": "en_GB", "fr": "fr", "ar": "ar"}


def in_words(moment: datetime, language: str) -> str:
    """Return day and time as the moment's own offset has them: "Monday, 23 November 2026, 10:30"."""
    return _written(moment, f"{moment:%H:%M}", "full", language)


def moment(at: datetime, language: str) -> str:
    """Return a moment to the minute: "29 March 2026, 08:05 UTC"."""
    there = at.astimezone(UTC)
    return _written(there, f"{there:%H:%M} UTC", "long", language)


def day_in_words(moment: datetime, language: str) -> str:
    """Return the day as the moment's own offset has it: "23 November 2026"."""
    from babel.dates import format_date  # noqa: PLC0415 - large, and seldom

    return str(format_date(moment, "long", locale=_LOCALES[language]))


def span_in_words(number: int, unit: str, language: str) -> str:
    """Return so many of a unit (`month`, `year`): "13 months"."""
    from babel import Locale  # noqa: PLC0415 - large, and seldom

    words = _SPANS[language][unit]
    form = Locale.parse(_LOCALES[language]).plural_form(number)
    return words.get(form, words["other"]).format(number)


def _written(day: datetime, clock: str, length: str, language: str) -> str:
    """Put day and clock together as the language does."""
    from babel.dates import format_date, get_datetime_format  # noqa: PLC0415 - large, and seldom

    locale = _LOCALES[language]
    pattern = str(get_datetime_format("medium", locale=locale))
    return pattern.format(clock, format_date(day, length, locale=locale))
