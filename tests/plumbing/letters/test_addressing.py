"""By which names letters greet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.plumbing.letters.addressing import LONGEST, greeted


@pytest.mark.parametrize(
    "name",
    [
        "Zoé",
        "Anne-Marie O\u2019Neill",
        "J.R.R. Tolkien",
        "Dr. Nadia",
        "Pr. Élodie Martin",
        "Nguyễn Thị Minh",
        "محمد بن عبد الله",
        "Дмитрий",
        "Γιώργος",
        "山田 太郎",
        "さくら子",
        "Juan Carlos I",
        "Алиса Smith",  # each word in its own alphabet
    ],
)
def test_a_name_greets(name: str) -> None:
    assert greeted(name) == name


@pytest.mark.parametrize("title", ["Dr", "Pr", "Prof", "Mr", "Mrs", "Ms", "Mme", "Mlle", "Me", "M"])
@pytest.mark.parametrize("name", ["Benali", "App", "Live", "Zip", "Com", "\u00c9lodie"])
def test_between_a_title_and_a_name_stands_a_space_and_no_address_comes_of_them(
    title: str, name: str
) -> None:
    assert greeted(f"{title}.{name}") == greeted(f"{title}. {name}") == f"{title}. {name}"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("\U0001d40f\U0001d41a\U0001d432\U0001d40f\U0001d41a\U0001d425", "PayPal"),
        ("\uff22\uff4f\uff42", "Bob"),
        ("\u24b7\u24de\u24d1", "Bob"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("Me\uff0eApp", "Me. App"),
    ],
)
def test_letters_that_stand_for_plain_ones_are_said_as_these(name: str, plain: str) -> None:
    assert greeted(name) == plain


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Bob\r\nBcc: eve@evil.example",
        "Bob\nSubject: hello",
        "visit evil.com",
        "Dr.com",
        "Me.app",
        "Me.App.Dev",
        "Dr.Evil.com",
        "evil.Example",
        "\U0001d41e\U0001d42f\U0001d422\U0001d425.\U0001d41c\U0001d428\U0001d426",  # of mathematics
        "evil.com/now",
        "evil。com",
        "evil\uff0ecom",
        "www evil com",
        "https://evil",
        "win@evil",
        "call 0555 01 99 22",
        "<script>alert(1)</script>",
        "<b>Bob</b>",
        "{{7*7}}",
        "{% for x in y %}",
        "${7*7}",
        "%recipient.name%",
        "[Bob](evil)",
        "Bob\u202egnp.exe",
        "Bob\u2066evil\u2069",
        "Bob\u200b",
        "B\u00adob",
        "Bob\x00",
        "Bob\ud800",
        "\U000e0041Bob",
        "\u0410pple",  # a Cyrillic A
        "p\u0430ypal",  # a Cyrillic a
        "\u0392ob",  # a Greek B
        "x" * (LONGEST + 1),
    ],
)
def test_what_is_no_name_greets_nobody(name: str) -> None:
    assert greeted(name) == ""


@given(st.text())
def test_what_greets_is_one_short_line_without_an_address(name: str) -> None:
    told = greeted(name)
    assert len(told) <= LONGEST
    assert told == "" or told.isprintable()
    assert not set(told) & set("<>{}@:/\\%$")
