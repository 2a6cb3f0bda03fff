"""HTML of an operator's own letter: it only says something.

    words, lists, tables, links      as they stand in our card; every tag is closed
    script, form, style sheet, picture, comment, whole page                   refused
    a fact in text, or a link alone in a quoted `href`; nowhere else
    a style of a few properties, none of which can hide anything (`styles`); no sign that nobody sees
    a link has words, and they name no other address than the one it leads to

What is looked through holds every branch of the template, and in place of each expression its fact as `FACT`.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Final
from unicodedata import normalize
from urllib.parse import urlsplit

from watchword.kernel.unseen import UNSEEN
from watchword.plumbing.letters.styles import OURS, Hides, Look, look_of

FACT: Final = "\x01{}\x02"
_TAGS: Final = re.compile(
    "a|b|bdi|blockquote|br|code|div|em|h1|h2|h3|hr|i|li|ol|p|small|span|strong|table|tbody|td|th|tr|u|ul"
)
_EMPTY: Final = frozenset({"br", "hr"})
_ATTRIBUTES: Final = re.compile("align|colspan|dir|href|lang|rel|role|rowspan|scope|style|target")
_HREF = re.compile(r"(https://|mailto:|tel:)[^\s\x01]+")
_ALIGN: Final = frozenset({"left", "right", "center", "justify", "start", "end"})
_HOST: Final = re.compile(r"(?:[\w-]{1,63}\.)+[^\W\d_]{2,}")
_MAIL_HOST: Final = re.compile(r"mailto:[^?]*@([^?]+).*")
_ANY_FACT = re.compile(r"\x01([^\x02]*)\x02")


@dataclass(slots=True)
class _Link:
    """A link that is open: where it leads, and what is read on it so far."""

    href: str
    links: frozenset[str]
    words: list[str] = field(default_factory=list)

    def fault(self) -> str | None:
        """Return what is wrong with it as a whole."""
        words = "".join(self.words)
        if not words.strip():
            return "a link without words cannot be seen"
        told = set(_ANY_FACT.findall(words)) & self.links
        led = _ANY_FACT.fullmatch(self.href)
        hosts = {
            _plain(found[0])
            for found in _HOST.finditer(normalize("NFKC", _ANY_FACT.sub(" ", words)))
        }
        if hosts - {_host(self.href)} or told - {led[1] if led else ""}:
            return "a link that names one address leads to another"
        return None


def look_through(source: str, links: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield what must not be there: line, sentence; `links` are the facts that are links."""
    return _Looker(links).look(source)


class _Looker(HTMLParser):
    """Looks through HTML that stands in our card."""

    def __init__(self, links: Collection[str]) -> None:
        super().__init__(convert_charrefs=False)
        self._links = links
        self._open: list[tuple[str, int, Look]] = []
        self._link: _Link | None = None
        self._faults: list[tuple[int, str]] = []

    def look(self, source: str) -> Iterator[tuple[int, str]]:
        """Yield what must not be there."""
        try:
            self.feed(source)
            self.close()
        except AssertionError:  # a declaration that the parser does not know
            self._tell("write &lt; for <")
        self._faults += [(line, f"<{tag}> is not closed") for tag, line, _ in self._open]
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
            self._open.append((tag, self.getpos()[0], self._look(tag, attrs)))
        if tag == "a":
            if self._link is not None:
                self._tell("a link cannot stand in a link")
            self._link = _Link(dict(attrs).get("href") or "", frozenset(self._links))
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
        if tag == "a" and self._link is not None:
            fault, self._link = self._link.fault(), None
            if fault:
                self._tell(fault)

    def handle_data(self, data: str) -> None:
        """Look at words: what begins like a tag would become one."""
        if "<" in data:
            self._tell("write &lt; for <")
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
        self._faults.append((self.getpos()[0], sentence))


def _host(href: str) -> str:
    """Return whom a literal address leads to; nothing for a fact, whose host nobody knows here."""
    mail = _MAIL_HOST.fullmatch(href)
    if mail:
        return _plain(mail[1])
    try:
        return _plain(urlsplit(href).hostname or "")
    except ValueError:
        return ""


def _plain(host: str) -> str:
    return normalize("NFKC", host).casefold().rstrip(".")


def _shown(text: str) -> str:
    """Write a piece of the source so that it cannot steer a terminal."""
    plain = _ANY_FACT.sub(r"{{ \1 }}", text)[:40]
    return "".join(sign if sign.isprintable() else "?" for sign in plain)
