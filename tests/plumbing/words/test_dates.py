"""Dates in words."""

from datetime import datetime

import pytest

from watchword.plumbing.words.dates import day_in_words, in_words, moment, span_in_words


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Monday, 23 November 2026, 10:30"),
        ("fr", "lundi 23 novembre 2026, 10:30"),
        ("ar", "الاثنين، 23 نوفمبر 2026، 10:30"),
    ],
)
def test_a_date_is_told_in_words_at_the_clock_of_its_place(language: str, told: str) -> None:
    assert in_words(datetime.fromisoformat("2026-11-23T10:30:00+01:00"), language) == told


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "1 March 2027"), ("fr", "1 mars 2027"), ("ar", "1 مارس 2027")],
)
def test_a_day_is_told_in_words(language: str, told: str) -> None:
    assert day_in_words(datetime.fromisoformat("2027-03-01T00:30:00+01:00"), language) == told


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "28 February 2027, 23:30 UTC"),
        ("fr", "28 février 2027, 23:30 UTC"),
        ("ar", "28 فبراير 2027، 23:30 UTC"),
    ],
)
def test_a_moment_is_told_in_words_and_in_utc(language: str, told: str) -> None:
    assert moment(datetime.fromisoformat("2027-03-01T00:30:59+01:00"), language) == told


@pytest.mark.parametrize(
    ("language", "number", "unit", "told"),
    [
        ("en", 1, "month", "1 month"),
        ("en", 13, "month", "13 months"),
        ("fr", 1, "year", "1 an"),
        ("fr", 13, "month", "13 mois"),
        ("ar", 1, "month", "شهر واحد"),
        ("ar", 2, "year", "سنتان"),
        ("ar", 3, "year", "3 سنوات"),
        ("ar", 13, "month", "13 شهرًا"),
        ("ar", 20, "year", "20 سنة"),
        ("ar", 100, "month", "100 شهر"),
    ],
)
def test_a_span_is_told_by_the_form_its_number_asks_for(
    language: str, number: int, unit: str, told: str
) -> None:
    assert span_in_words(number, unit, language) == told
