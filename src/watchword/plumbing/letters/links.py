"""Links of an operator's own letter: where one leads, and that its words name no other address.

A fact stands in them as `FACT`. Where a link of ours leads nobody knows here: its words name none but itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from unicodedata import normalize
from urllib.parse import urlsplit

FACT: Final = "\x01{}\x02"
_REST: Final = r"[^\s\\\x00-\x20\x7f-\x9f]"
_LETTER: Final = r"(?:subject|body)=[^\s\\&\x00-\x20\x7f-\x9f]*"  # no further reader
HREF = re.compile(
    rf"https://[\w.-]+(?::\d{{1,5}})?(?:[/?#]{_REST}*)?"
    rf"|mailto:[\w.+-]+@[\w.-]+(?:\?{_LETTER}(?:&{_LETTER})*)?"
    r"|tel:[+\d().;=a-z-]+"
)
_HOST: Final = re.compile(
    r"(?<=://)[^\s/?#:]+|(?:[\w-]{1,63}\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)|(?:\d{1,3}\.){3}\d{1,3}"
)
_MAIL_HOST: Final = re.compile(r"mailto:[^?]*@([^?]+).*")
ANY_FACT = re.compile(r"\x01([^\x02]*)\x02")
_ORG_ADDRESS: Final = "org.email"
_FACTS_MAY_BE: Final = (" ", "", "x")  # apart from the words around it, nothing, or a part of one


@dataclass(slots=True)
class Link:
    """A link that is open: where it leads, and what is read on it so far."""

    href: str
    links: frozenset[str]
    words: list[str] = field(default_factory=list)

    def fault(self) -> str | None:
        """Return what is wrong with it as a whole."""
        words = "".join(self.words)
        if not words.strip():
            return "a link without words cannot be seen"
        told = set(ANY_FACT.findall(words)) & {*self.links, _ORG_ADDRESS}
        led = ANY_FACT.fullmatch(self.href)
        hosts = {host for fact in _FACTS_MAY_BE for host in _hosts(ANY_FACT.sub(fact, words))}
        if hosts - {_host(self.href)} or told - {led[1] if led else ""}:
            return "a link that names one address leads to another"
        return None


def _hosts(words: str) -> Iterator[str]:
    """Yield the hosts that words name."""
    plain = normalize("NFKC", words).replace("\u3002", ".")
    return (_plain(found[0]) for found in _HOST.finditer(plain))


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
    return normalize("NFKC", host).lower().rstrip(".")
