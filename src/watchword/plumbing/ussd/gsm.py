"""The signs of a screen.

A screen is in the GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1), or in UCS-2.

    fold     what the alphabet lacks becomes what is nearest: a circumflex goes, a curly quote is straight
    length   in septets; the signs of the extension table count twice
    fit      folded, and cut where it is too long
"""

import unicodedata
from typing import Final

MOST_SEPTETS: Final = 182
MOST_UCS2: Final = 80
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_NEAREST: Final = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "\u0153": "oe",
        "\u0152": "OE",
    }
)


def is_gsm(text: str) -> bool:
    """Tell whether every sign is in the alphabet."""
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def length(text: str) -> int:
    """Return how many septets a text takes."""
    return sum(2 if sign in _EXTENDED else 1 for sign in text)


def fold(text: str) -> str:
    """Write a text in the alphabet; what has nothing near becomes a question mark."""
    return "".join(_folded(sign) for sign in text.translate(_NEAREST))


def fit(text: str, *, ucs2: bool) -> str:
    """Return as much of a text as a screen holds, in its alphabet."""
    if ucs2 and not is_gsm(text):
        return cut(text, 2 * MOST_UCS2)
    return shortened(fold(text), MOST_SEPTETS)


def can_write(text: str) -> bool:
    """Tell whether the alphabet has each sign of a text, or one that is near."""
    return "?" not in fold(text.replace("?", ""))


def cut(text: str, octets: int) -> str:
    """Return as much of a text as so many octets of UCS-2 hold."""
    return text.encode("utf-16-be")[:octets].decode("utf-16-be", "ignore")


def shortened(text: str, septets: int) -> str:
    """Return as much of a text of the alphabet as so many septets hold."""
    while length(text) > septets:
        text = text[:-1]
    return text


def _folded(sign: str) -> str:
    if is_gsm(sign):
        return sign
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if is_gsm(part))
    return plain or "?"
