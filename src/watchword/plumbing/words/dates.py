"""Dates as people read them: in words, in the reader's language, at the clock of the place itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

_LOCALES: Final[Mapping[str, str]] = {"en": "en_GB", "fr": "fr", "ar": "ar"}


def in_words(moment: datetime, language: str) -> str:
    """Return day and time as the moment's own offset has them: "Monday, 23 November 2026, 10:30"."""
    from babel.dates import format_date, get_datetime_format  # noqa: PLC0415 - large, and seldom

    locale = _LOCALES[language]
    pattern = str(get_datetime_format("medium", locale=locale))
    return pattern.format(f"{moment:%H:%M}", format_date(moment, "full", locale=locale))


def day_in_words(moment: datetime, language: str) -> str:
    """Return the day as the moment's own offset has it: "23 November 2026"."""
    from babel.dates import format_date  # noqa: PLC0415 - large, and seldom

    return str(format_date(moment, "long", locale=_LOCALES[language]))
