"""HTML of an operator's own letter: it only says something.

    words, lists, tables, links      as they stand in our card; every tag is closed
    script, form, style sheet, picture, comment, whole page                   refused
    a fact in text, or a link alone in a quoted `href`; nowhere else
    a style of a few properties, none of which can hide anything; a link has words

What is looked through holds every branch of the template, and in place of each expression its fact as `FACT`.
"""

import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from typing import Final

FACT: Final = "\x01{}\x02"
_TAGS: Final = re.compile(
    "a|b|bdi|blockquote|br|code|div|em|h1|h2|h3|hr|i|li|ol|p|small|span|strong|table|tbody|td|th|tr|u|ul"
)
_EMPTY: Final = frozenset({"br", "hr"})
_ATTRIBUTES: Final = re.compile("align|colspan|dir|href|lang|rel|role|rowspan|scope|style|target")
_HREF = re.compile(r"(https://|mailto:|tel:)[^\s\x01]+")
_STYLE = re.compile(r"[\w\s,.#%()!'\"-]*")
_LOOKS: Final = re.compile(
    "background-color|color|font-(family|size|style|weight)|line-height|letter-spacing|white-space"
    "|text-(align|decoration|transform)|vertical-align|direction|unicode-bidi|overflow-wrap|word-break"
    "|(margin|padding|border)(-(top|right|bottom|left))?|border-(radius|collapse|color|style|width)"
    "|list-style-type|width|max-width"
)
_SIZE: Final = re.compile(r"(?P<number>[0-9]{1,3}(\.[0-9]+)?)(?P<unit>px|pt|em|rem|%)")
_SMALLEST: Final = {"px": 9.0, "pt": 7.0, "em": 0.6, "rem": 0.6, "%": 60.0}
_UNSEEN: Final = re.compile(
    r"transparent|(rgb|hsl)a|url|expression|var|calc|env|-[0-9.]|#[0-9a-f]{4}\b|#[0-9a-f]{8}\b"
)
_NOUGHT: Final = re.compile(r"0+(\.0*)?[a-z%]*")
_SIZED: Final = frozenset({"font-size", "line-height", "width", "max-width"})
_ANY_FACT = re.compile(r"\x01([^\x02]*)\x02")


def look_through(source: str, links: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield what must not be there: line, sentence; `links` are the facts that are links."""
    return _Looker(links).look(source)


class _Looker(HTMLParser):
    """Looks through HTML that stands in our card."""

    def __init__(self, links: Collection[str]) -> None:
        super().__init__(convert_charrefs=False)
        self._links = links
        self._open: list[tuple[str, int]] = []
        self._silent = False
        self._faults: list[tuple[int, str]] = []

    def look(self, source: str) -> Iterator[tuple[int, str]]:
        """Yield what must not be there."""
        self.feed(source)
        self.close()
        self._faults += [(line, f"<{tag}> is not closed") for tag, line in self._open]
        last = source.rfind("<")
        if last > source.rfind(">"):
            self._faults.append((source.count("\n", 0, last) + 1, "a tag is not finished"))
        yield from self._faults

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag."""
        if not _TAGS.fullmatch(tag):
            self._tell(
                f"<{_shown(tag)}> is not for letters; there are: {_TAGS.pattern.replace('|', ' ')}"
            )
        elif tag not in _EMPTY:
            self._open.append((tag, self.getpos()[0]))
        self._silent = self._silent or tag == "a"
        if "=\x01" in (self.get_starttag_text() or ""):
            self._tell("put what an attribute holds into quotes")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag that closes itself."""
        self.handle_starttag(tag, attrs)
        if _TAGS.fullmatch(tag) and tag not in _EMPTY:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Look at the end of a tag."""
        if tag in _EMPTY:
            return
        if not self._open or self._open.pop()[0] != tag:
            self._tell(f"</{_shown(tag)}> closes nothing")
        if tag == "a" and self._silent:
            self._tell("a link without words cannot be seen")
            self._silent = False

    def handle_data(self, data: str) -> None:
        """Look at words: what begins like a tag would become one."""
        if "<" in data:
            self._tell("write &lt; for <")
        if data.strip():
            self._silent = False

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        """Refuse it."""
        self._tell("a comment is sent to people: leave it out")

    def handle_decl(self, decl: str) -> None:  # noqa: ARG002
        """Refuse it."""
        self._tell("write what stands in the card, not a whole page")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002
        """Refuse it."""
        self._tell("write what stands in the card, not a whole page")

    def unknown_decl(self, data: str) -> None:  # noqa: ARG002
        """Refuse it."""
        self._tell("write what stands in the card, not a whole page")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        fact = _ANY_FACT.fullmatch(value)
        if not _ATTRIBUTES.fullmatch(name):
            self._tell(f"the attribute {_shown(name)} is not for letters")
        elif name == "href" and fact:
            if fact[1] not in self._links:
                self._tell(f"href may hold a link, and {_shown(value)} is none")
        elif "\x01" in value:
            self._tell(f"a fact cannot stand in {name}")
        elif name == "href" and (tag != "a" or not _HREF.fullmatch(value)):
            self._tell("href begins with https:, mailto: or tel:, and stands in <a>")
        elif name == "style":
            self._style(value)

    def _style(self, value: str) -> None:
        for each in filter(str.strip, value.lower().split(";")):
            name, _, said = (part.strip() for part in each.partition(":"))
            if not _LOOKS.fullmatch(name) or not _STYLE.fullmatch(said):
                self._tell("a style may only say how words look")
            elif _UNSEEN.search(said) or (name in _SIZED and _NOUGHT.fullmatch(said)):
                self._tell(f"{name} would hide words")
            elif name == "font-size" and _too_small(said):
                self._tell("font-size is too small to read")

    def _tell(self, sentence: str) -> None:
        self._faults.append((self.getpos()[0], sentence))


def _too_small(size: str) -> bool:
    found = _SIZE.fullmatch(size)
    return found is not None and float(found["number"]) < _SMALLEST[found["unit"]]


def _shown(text: str) -> str:
    """Write a piece of the source so that it cannot steer a terminal."""
    plain = _ANY_FACT.sub(r"{{ \1 }}", text)[:40]
    return "".join(sign if sign.isprintable() else "?" for sign in plain)
