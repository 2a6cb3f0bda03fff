"""Codes, as people type and paste them."""

import pytest

from watchword.kernel.digits import as_sent


@pytest.mark.parametrize(
    "typed",
    ["492817", " 492 817 ", "492-817", "492\u2013817", "٤٩٢٨١٧", "۴۹۲۸۱۷", "\u2068492817\u2069"],
)
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert as_sent(typed) == "492817"


@pytest.mark.parametrize("typed", ["49281", "4928l7", "", "²92817"])
def test_what_is_no_code_does_not_become_one(typed: str) -> None:
    assert as_sent(typed) == typed
