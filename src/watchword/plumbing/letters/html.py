"""HTML of an operator's own letter: it only says something.

    words, lists, tables, links      as they stand in our card; every tag is closed
    script, form, style sheet, picture, comment, whole page                   refused
    a fact in text, or a link alone in a quoted `href`; nowhere else
    a style of a few properties, none of which can hide anything (`styles`); no sign that nobody sees
    a link has words, and they name no other address than the one it leads to
    every tag and attribute is written so that no reader of HTML could take it for another (`plain`), and
    stands where none would move it: each attribute once, no block in a paragraph, cells in rows
    each branch of a condition is whole: it begins and ends between tags, and closes what it opens and no more

What is looked through is a reading (`readings`): in place of each expression its fact as `FACT`; of a letter
with all its branches, each between `BEGINS` and `ENDS`.
"""

import re
from collections.abc import Collection, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Final

from watchword.kernel.unseen import UNSEEN
from watchword.plumbing.letters import readings
from watchword.plumbing.letters.links import ANY_FACT, HREF, Link
from watchword.plumbing.letters.plain import not_plain, torn
from watchword.plumbing.letters.styles import OURS, Hides, Look, look_of

_TAGS: Final = re.compile(
    "a|b|bdi|blockquote|br|code|div|em|h1|h2|h3|hr|i|li|ol|p|small|span|strong|table|tbody|td|th|tr|u|ul"
)
_EMPTY: Final = frozenset({"br", "hr"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3"})
_BLOCKS: Final = _HEADINGS | {"blockquote", "div", "hr", "li", "ol", "p", "table", "ul"}
_LIST, _ROW = frozenset({"li"}), frozenset({"td", "th"})
_MAY_HOLD: Final = {
    "table": frozenset({"tbody", "tr"}),
    "tbody": frozenset({"tr"}),
    "tr": _ROW,
    "ul": _LIST,
    "ol": _LIST,
}
_STAND_IN: Final = {
    inner: {outer for outer, inside in _MAY_HOLD.items() if inner in inside}
    for inner in ("tbody", "tr", "td", "th", "li")
}
_ATTRIBUTES: Final = re.compile("align|colspan|dir|href|lang|rel|role|rowspan|scope|style|target")
_ALIGN: Final = frozenset({"left", "right", "center", "justify", "start", "end"})
_REFERENCE: Final = re.compile(r"&(?!amp;)")
_WHOLE: Final = "begin and end a tag in the same branch"
_SEAM: Final = re.compile(f"([{readings.BEGINS}{readings.ENDS}])")


def look_through(
    source: str, links: Collection[str], *, few: bool = True
) -> Iterator[tuple[int, str]]:
    """Yield what must not be there: place, sentence.

    `links` are the facts that are links; `few` says that each case of the letter is looked through by itself.
    """
    pieces = [*torn(source)]
    return iter(pieces) if pieces else _Looker(links, few=few).look(source)


class _Looker(HTMLParser):
    """Looks through HTML that stands in our card."""

    def __init__(self, links: Collection[str], *, few: bool) -> None:
        super().__init__(convert_charrefs=False)
        self._links = links
        self._few = few
        self._lines: list[int] = []
        self._open: list[tuple[str, int, Look]] = []
        self._link: Link | None = None
        self._faults: list[tuple[int, str]] = []

    def look(self, source: str) -> Iterator[tuple[int, str]]:
        """Yield what must not be there."""
        self._lines = [0, *(found.end() for found in re.finditer("\n", source))]
        try:
            self.feed(source)
            self.close()
        except AssertionError:  # a declaration that the parser does not know
            self._tell("write &lt; for <")
        self._faults += [(at, f"<{tag}> is not closed") for tag, at, _ in self._open]
        last = source.rfind("<")
        if last > source.rfind(">"):
            self._faults.append((last, "a tag is not finished"))
        yield from self._faults or not_plain(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag."""
        if not _TAGS.fullmatch(tag):
            self._tell(
                f"<{_shown(tag)}> is not for letters; there are: {_TAGS.pattern.replace('|', ' ')}"
            )
            return
        self._place(tag)
        if tag not in _EMPTY:
            self._open.append((tag, self._at, self._look(tag, attrs)))
        if tag == "a":
            if self._link is not None:
                self._tell("a link cannot stand in a link")
            self._link = Link(dict(attrs).get("href") or "", frozenset(self._links))
        if "=\x01" in (self.get_starttag_text() or ""):
            self._tell("put what an attribute holds into quotes")
        if _REFERENCE.search(self.get_starttag_text() or ""):
            self._tell("write an attribute's signs as they are, and &amp; for &")
        if len(dict(attrs)) < len(attrs):
            self._tell("an attribute stands there twice: readers take the first, others the last")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag that seems to close itself: of ours, only those that hold nothing do."""
        self.handle_starttag(tag, attrs)
        if _TAGS.fullmatch(tag) and tag not in _EMPTY:
            self._tell(f"<{tag}/> closes nothing: write </{tag}> where it ends")

    def handle_endtag(self, tag: str) -> None:
        """Look at the end of a tag."""
        if tag in _EMPTY:
            return
        if self._open and self._open[-1][0] == readings.BEGINS:
            self._tell(f"</{_shown(tag)}> closes nothing in its branch: {_WHOLE}")
            return
        if not self._open or self._open.pop()[0] != tag:
            self._tell(f"</{_shown(tag)}> closes nothing")
        if tag == "a" and self._link is not None:
            fault, self._link = self._link.fault(), None
            if fault:
                self._tell(fault)

    def handle_data(self, data: str) -> None:
        """Look at words: what begins like a tag would become one."""
        for words in _SEAM.split(data):
            match words:
                case readings.BEGINS:
                    self._begin()
                case readings.ENDS:
                    self._end()
                case _:
                    self._say(words)

    def _begin(self) -> None:
        """Look at the beginning of a branch."""
        if self._link is not None and not self._few:
            self._tell(
                "with so many conditions in a letter, none may stand in a link: write a link in each branch"
            )
        self._part()
        self._open.append((readings.BEGINS, self._at, self._open[-1][2] if self._open else OURS))

    def _end(self) -> None:
        """Look at the end of a branch."""
        while self._open and self._open[-1][0] != readings.BEGINS:
            tag, at, _ = self._open.pop()
            self._faults.append((at, f"<{tag}> is not closed in its branch: {_WHOLE}"))
        if self._open:
            self._open.pop()
        self._part()

    def _part(self) -> None:
        """Keep words of a link apart that may not stand together."""
        if self._link is not None:
            self._link.words.append(" ")

    def _say(self, data: str) -> None:
        if "<" in data:
            self._tell("write &lt; for <")
        if data.strip() and self._around in _MAY_HOLD:
            self._tell(f"words cannot stand in <{self._around}> itself")
        self._read(data)

    def handle_charref(self, name: str) -> None:
        """Look at a sign written as a number."""
        self._read(unescape(f"&#{name};"))

    def handle_entityref(self, name: str) -> None:
        """Look at a sign written by its name."""
        self._read(unescape(f"&{name};"))

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

    @property
    def _around(self) -> str:
        return next((tag for tag, _, _ in reversed(self._open) if tag != readings.BEGINS), "")

    @property
    def _at(self) -> int:
        line, offset = self.getpos()
        return self._lines[line - 1] + offset

    def _place(self, tag: str) -> None:
        """Refuse a tag where a browser would move it, or end another for it."""
        around, opened = self._around, {each[0] for each in self._open}
        moved = tag not in _MAY_HOLD.get(around, {tag}) or around not in _STAND_IN.get(
            tag, {around}
        )
        ended = (tag in _BLOCKS and "p" in opened) or (tag in _HEADINGS and around in _HEADINGS)
        if moved or ended:
            self._tell(f"<{tag}> cannot stand {f'in <{around}>' if around else 'alone'}")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        fact = ANY_FACT.fullmatch(value)
        if not _ATTRIBUTES.fullmatch(name):
            self._tell(f"the attribute {_shown(name)} is not for letters")
        elif name == "href" and fact:
            if fact[1] not in self._links:
                self._tell(f"href may hold a link, and {_shown(value)} is none")
        elif "\x01" in value:
            self._tell(f"a fact cannot stand in {name}")
        elif name == "href" and (tag != "a" or not HREF.fullmatch(value)):
            self._tell(
                "href begins with https://host, mailto: or tel:, is written plainly, and stands in <a>"
            )
        elif name == "dir" and value.lower() not in {"ltr", "rtl", "auto"}:
            self._tell("dir is ltr, rtl or auto")
        elif name == "align" and value.lower() not in _ALIGN:
            self._tell(f"align is one of: {', '.join(sorted(_ALIGN))}")

    def _look(self, tag: str, attrs: list[tuple[str, str | None]]) -> Look:
        """Return how words look in a tag, as it stands in the others."""
        around = self._open[-1][2] if self._open else OURS
        try:
            return look_of(tag, dict(attrs).get("style") or "", around)
        except Hides as fault:
            self._tell(str(fault))
            return around

    def _read(self, words: str) -> None:
        if UNSEEN.search(words):
            self._tell("a sign that nobody sees, or that turns the order of others: leave it out")
        if self._link is not None:
            self._link.words.append(words)

    def _tell(self, sentence: str) -> None:
        self._faults.append((self._at, sentence))


def _shown(text: str) -> str:
    """Write a piece of the source so that it cannot steer a terminal."""
    plain = ANY_FACT.sub(r"{{ \1 }}", text)[:40]
    return "".join(sign if sign.isprintable() else "?" for sign in plain)
