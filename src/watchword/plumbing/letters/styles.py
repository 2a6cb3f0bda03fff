"""Styles of an operator's own words: a short list of properties, each within bounds, so that words stay seen.

    sizes        letters of 10 to 96 px, however they are nested; lines of 1 to 3; small spaces
    colours      #rgb, #rrggbb or a few names: opaque, and unlike what is behind them, on our card by day
                 (a contrast of 3) and by night
    everything else that may be said is one word of a list

A word that is not here is refused by its name: what hides words has more names than anybody can list.
Source: WCAG 2.2, "contrast ratio" and "relative luminance".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

Colour = tuple[int, int, int]

_NAMED: Final[Mapping[str, str]] = {
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "grey": "#808080",
    "white": "#ffffff",
    "maroon": "#800000",
    "red": "#ff0000",
    "purple": "#800080",
    "green": "#008000",
    "olive": "#808000",
    "navy": "#000080",
    "blue": "#0000ff",
    "teal": "#008080",
    "orange": "#ffa500",
}
_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_LENGTH: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)(px|pt|em|rem|%)")
_ROOT, _SMALLEST, _LARGEST = 16.0, 10.0, 96.0
_SMALL: Final = 0.83  # what <small> does
_BY_DAY, _BY_NIGHT = 3.0, 1.5
_SPACES: Final = {
    "px": (0.0, 64.0),
    "pt": (0.0, 48.0),
    "em": (0.0, 4.0),
    "rem": (0.0, 4.0),
    "%": (0.0, 50.0),
}
_WIDTHS: Final = {"px": (100.0, 640.0), "%": (20.0, 100.0)}
_BETWEEN: Final = {"px": (0.0, 8.0), "em": (0.0, 0.5)}
_EDGES: Final = {"px": (0.0, 16.0)}
_LEADING: Final = re.compile(r"[12](\.[0-9]{1,2})?|3(\.0{1,2})?")
_EDGE: Final = "solid|dashed|dotted|double|none"
_FAMILIES: Final = (
    "-apple-system|arial|calibri|courier|courier new|georgia|helvetica|helvetica neue|monospace|noto sans"
    "|noto sans arabic|roboto|sans-serif|segoe ui|serif|system-ui|tahoma|times|times new roman|trebuchet ms"
    "|verdana"
)
_SIDES: Final = ("top", "right", "bottom", "left")
_LINK: Final = (0x00, 0x00, 0xEE)  # a link's colour, where nothing else is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How words look in one place: their size, their colour and what is behind it, by day and by night."""

    size: float = _ROOT
    ink: Colour = (0x17, 0x20, 0x1D)
    paper: Colour = (0xFF, 0xFF, 0xFF)
    ink_by_night: Colour = (0xE8, 0xEE, 0xEB)
    paper_by_night: Colour = (0x18, 0x1E, 0x1C)


OURS: Final = Look()


class Hides(Exception):
    """A style that might hide words, and why."""


def look_of(tag: str, style: str, around: Look) -> Look:
    """Return how words look in this tag. Problem: `Hides`."""
    look = replace(around, size=around.size * _SMALL) if tag == "small" else around
    said = dict(_declarations(style))
    look = replace(look, size=_size(said["font-size"], look.size)) if "font-size" in said else look
    if not _SMALLEST <= look.size <= _LARGEST:
        small = look.size < _SMALLEST
        raise Hides("font-size is too small to read" if small else "font-size is too large")
    look = _coloured(replace(look, ink=_LINK) if tag == "a" else look, said)
    if tag in {"div", "table"}:  # our own sheet gives these their colour by night
        look = replace(look, ink_by_night=OURS.ink_by_night)
    if tag == "a" or "color" in said or "background-color" in said:
        _seen(look)
    return look


def _coloured(look: Look, said: Mapping[str, str]) -> Look:
    if "color" in said:
        ink = _colour(said["color"])
        look = replace(look, ink=ink, ink_by_night=ink)
    if "background-color" in said:
        paper = _colour(said["background-color"])
        look = replace(look, paper=paper, paper_by_night=paper)
    return look


def _seen(look: Look) -> None:
    if _contrast(look.ink, look.paper) < _BY_DAY:
        raise Hides("color is too near to what is behind it")
    if _contrast(look.ink_by_night, look.paper_by_night) < _BY_NIGHT:
        raise Hides(
            "color is too near to what is behind it by night: give color and background-color"
        )


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    """Yield what a style says. Problem: `Hides` for what it may not."""
    for each in filter(str.strip, style.lower().split(";")):
        name, _, said = (part.strip() for part in each.partition(":"))
        allowed = _allowed(name)
        if allowed is None:
            raise Hides("a style may only say how words look, by a few properties")
        if not allowed(said):
            raise Hides(f"{name} may not be that: it might hide words")
        yield name, said


def _allowed(name: str) -> Callable[[str], bool] | None:
    sided = re.fullmatch(r"(margin|padding|border)-(top|right|bottom|left)", name)
    return _PROPERTIES.get(sided[1] if sided else name)


def _one_of(words: str) -> Callable[[str], bool]:
    known = frozenset(words.split("|"))
    return lambda said: said in known


def _lengths(bounds: Mapping[str, tuple[float, float]], words: str = "") -> Callable[[str], bool]:
    """Return a check of one to four lengths within bounds, or words."""
    known = frozenset(words.split("|"))

    def fits(said: str) -> bool:
        parts = said.split()
        return (
            bool(parts)
            and len(parts) <= len(_SIDES)
            and all(part in known or _within(part, bounds) for part in parts)
        )

    return fits


def _within(length: str, bounds: Mapping[str, tuple[float, float]]) -> bool:
    found = _LENGTH.fullmatch(length)
    if found is None or found[2] not in bounds:
        return False
    least, most = bounds[found[2]]
    return least <= float(found[1]) <= most


def _edge(said: str) -> bool:
    parts = said.split()
    return all(
        part == "0" or part in _EDGE.split("|") or _within(part, _EDGES) or _is_colour(part)
        for part in parts
    )


def _family(said: str) -> bool:
    return all(each.strip().strip("'\"") in _FAMILIES.split("|") for each in said.split(","))


def _is_colour(said: str) -> bool:
    return said in _NAMED or _HEX.fullmatch(said) is not None


def _colour(said: str) -> Colour:
    digits = _NAMED.get(said, said).removeprefix("#")
    if len(digits) == len("rgb"):
        digits = "".join(2 * each for each in digits)
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return red, green, blue


def _size(said: str, around: float) -> float:
    found = _LENGTH.fullmatch(said)
    assert found is not None, "looked at before"
    of_one = {"px": 1.0, "pt": 4 / 3, "em": around, "rem": _ROOT, "%": around / 100}
    return float(found[1]) * of_one[found[2]]


def _contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    shares = (each / 255 for each in colour)
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
        for each in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_PROPERTIES: Final[Mapping[str, Callable[[str], bool]]] = {
    "color": _is_colour,
    "background-color": _is_colour,
    "font-size": lambda said: _LENGTH.fullmatch(said) is not None,
    "font-family": _family,
    "font-style": _one_of("normal|italic"),
    "font-weight": _one_of("normal|bold|400|500|600|700|800"),
    "line-height": lambda said: _LEADING.fullmatch(said) is not None,
    "letter-spacing": _lengths(_BETWEEN, "normal|0"),
    "text-align": _one_of("left|right|center|start|end|justify"),
    "text-decoration": _one_of("none|underline"),
    "text-transform": _one_of("none|uppercase|lowercase|capitalize"),
    "vertical-align": _one_of("baseline|top|middle|bottom|sub|super"),
    "direction": _one_of("ltr|rtl"),
    "unicode-bidi": _one_of("normal|embed|isolate|plaintext"),
    "white-space": _one_of("normal|nowrap|pre-line|pre-wrap"),
    "overflow-wrap": _one_of("normal|break-word|anywhere"),
    "word-break": _one_of("normal|break-word|break-all|keep-all"),
    "margin": _lengths(_SPACES, "0|auto"),
    "padding": _lengths(_SPACES, "0"),
    "width": _lengths(_WIDTHS, "auto"),
    "max-width": _lengths(_WIDTHS, "none"),
    "border": _edge,
    "border-width": _lengths(_EDGES, "0"),
    "border-style": _one_of(_EDGE),
    "border-color": _is_colour,
    "border-radius": _lengths(_SPACES, "0"),
    "border-collapse": _one_of("collapse|separate"),
    "list-style-type": _one_of("none|disc|circle|square|decimal|lower-alpha"),
}
