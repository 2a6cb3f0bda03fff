"""Senders: whom an SPF record lets send, as receivers read it: in order, through all that it leads to.

    verdict      what becomes of a sender that we want: the sign of the first term that speaks of it
    everybody    the term that lets everybody send, if there is one
    rest         what becomes of everybody else, behind a redirect too

An address is spoken of by every network that holds it; a host by its name alone, wherever it leads.
Source: RFC 7208, sections 4.6 (the first match counts), 5.2 (include) and 6.1 (redirect).
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from watchword.plumbing.dns import spf
from watchword.plumbing.dns.spf import Spf, Term
from watchword.plumbing.dns.zone import Zone

_NETWORKS: Final = frozenset({"ip4", "ip6"})
_ONE_ALONE: Final = frozenset({"/32", "//128", "/32//128"})
_WIDEST: Final = {4: 7, 6: 15}  # nobody owns more


@dataclass(frozen=True, slots=True)
class Senders:
    """A record at its domain; `path` are the domains that lead here."""

    zone: Zone
    domain: str
    record: Spf
    path: tuple[str, ...] = ()

    def verdict(self, want: Term, home: str) -> str:
        """Return `+` where it may send, another sign where it is refused, nothing where nobody speaks of it.

        `home` is the domain that a term without a name is about.
        """
        for each in self.record.heard:
            if _speaks(each, self.domain, want, home):
                return each.qualifier
            inner = self._behind(each.value) if each.name == "include" else None
            if inner is not None and inner.verdict(want, home) == "+":
                return each.qualifier
        behind = self._behind(self.record.redirect)
        return behind.verdict(want, home) if behind is not None else ""

    def everybody(self) -> str:
        """Return the term that lets everybody send; empty without one."""
        for each in self.record.heard:
            inner = self._behind(each.value) if each.name == "include" else None
            if each.qualifier == "+" and (
                each.name == "all" or _is_wide(each) or (inner is not None and inner.everybody())
            ):
                return each.text
        behind = self._behind(self.record.redirect)
        return f"redirect={behind.domain}" if behind is not None and behind.everybody() else ""

    def rest(self) -> str:
        """Return the sign of `all`, behind a redirect too; empty without one."""
        behind = self._behind(self.record.redirect)
        return behind.rest() if behind is not None else self.record.rest

    def _behind(self, target: str) -> "Senders | None":
        """Return another domain's record; nothing where it cannot be told: that is said elsewhere."""
        name = target.rstrip(".").lower()
        if not name or "%" in name or name in self.path or len(self.path) > spf.MOST_LOOKUPS:
            return None
        texts = [text for text in self.zone(name, "TXT").values if spf.is_spf(text)]
        try:
            [record] = map(spf.parse, texts)
        except ValueError:
            return None
        return Senders(self.zone, name, record, (*self.path, self.domain, name))


def _speaks(each: Term, domain: str, want: Term, home: str) -> bool:
    """Tell whether a term is the first to decide over a sender."""
    if want.name not in _NETWORKS:
        return each.name == want.name and _host(each, domain) == _host(want, home)
    if each.name != want.name:
        return False
    ours, theirs = _network(want), _network(each)
    return theirs.supernet_of(ours) or (each.qualifier != "+" and theirs.overlaps(ours))  # type: ignore[arg-type]


def _network(term: Term) -> IPv4Network | IPv6Network:
    return ip_network(term.value, strict=False)


def _host(term: Term, domain: str) -> str:
    """Return the name that a term is about, and how many addresses beside it."""
    name, slash, size = term.value.partition("/")
    sized = "" if f"/{size}" in _ONE_ALONE else f"{slash}{size}"
    return f"{name.rstrip('.').lower() or domain.lower()}{sized}"


def _is_wide(term: Term) -> bool:
    """Tell whether it speaks of more addresses than anybody owns."""
    if term.name in _NETWORKS:
        network = _network(term)
        return network.prefixlen <= _WIDEST[network.version]
    if term.name not in {"a", "mx"}:
        return False
    _, _, sizes = term.value.partition("/")
    four, _, six = f"/{sizes}".partition("//")
    return _is_short(four.strip("/"), 4) or _is_short(six, 6)


def _is_short(size: str, version: int) -> bool:
    return bool(size) and int(size) <= _WIDEST[version]
