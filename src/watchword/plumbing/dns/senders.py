"""Senders: whom an SPF record lets send, as receivers read it: in order, through all that it leads to.

    decider      the first term that speaks of a sender that we want; its sign is what becomes of them
    everybody    the term that lets everybody send, if there is one
    rest         what becomes of everybody else, behind a redirect too

An address is spoken of by every network that holds it, by `a` and `mx` whose hosts have it, and by an
`exists` whose name is there for it, or for whoever sends. A sender that is known by a name alone is spoken
of by that name. Source: RFC 7208, sections 4.6 (the first match counts), 5 (mechanisms) and 6.1 (redirect).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from watchword.plumbing.dns import macros, spf
from watchword.plumbing.dns.spf import Spf, Term
from watchword.plumbing.dns.zone import Zone

Network = IPv4Network | IPv6Network

_NETWORKS: Final = frozenset({"ip4", "ip6"})
_ONE_ALONE: Final = frozenset({"/32", "//128", "/32//128"})
_WIDEST: Final = {4: 7, 6: 15}  # nobody owns more
_KINDS: Final = {4: "A", 6: "AAAA"}


@dataclass(frozen=True, slots=True)
class Senders:
    """A record at its domain; `path` are the domains that lead here."""

    zone: Zone
    domain: str
    record: Spf
    path: tuple[str, ...] = ()

    def decider(self, want: Term, home: str) -> Term | None:
        """Return the term that decides over a sender: one that refuses some of it before another takes it.

        Nothing: no term speaks of it, or not of all of it. `home` is the domain that a term without a name
        is about.
        """
        parts: Sequence[Network | None] = _networks(self.zone, want, home) or [None]
        found = [self.decider_of(want, home, each) for each in parts]
        refusing = (each for each in found if each is not None and each.qualifier != "+")
        return next(refusing, None) or (None if None in found else found[0])

    def decider_of(self, want: Term, home: str, ours: Network | None) -> Term | None:
        """Return the term that decides over one network of a sender; without one, over its name."""
        for each in self.record.heard:
            if self._speaks(each, want, home, ours):
                return each
            inner = self._behind(each.target) if each.name == "include" else None
            told = inner.decider_of(want, home, ours) if inner is not None else None
            if told is not None and told.qualifier == "+":
                return each
        behind = self._behind(self.record.redirect)
        return behind.decider_of(want, home, ours) if behind is not None else None

    def everybody(self) -> str:
        """Return the term that lets everybody send; empty without one."""
        for each in self.record.heard:
            inner = self._behind(each.target) if each.name == "include" else None
            if each.qualifier == "+" and (
                each.name == "all"
                or _is_wide(each)
                or (each.name == "exists" and self._exists(each))
                or (inner is not None and inner.everybody())
            ):
                return each.text
        behind = self._behind(self.record.redirect)
        return f"redirect={behind.domain}" if behind is not None and behind.everybody() else ""

    def rest(self) -> str:
        """Return the sign of `all`, behind a redirect too; empty without one."""
        behind = self._behind(self.record.redirect)
        return behind.rest() if behind is not None else self.record.rest

    def _speaks(self, each: Term, want: Term, home: str, ours: Network | None) -> bool:
        """Tell whether a term is the first to decide over a sender, or over this network of it."""
        named = want.name not in _NETWORKS and each.name == want.name
        if named and _host(each, self.domain) == _host(want, home):
            return True
        if each.name == "exists":
            return self._exists(each) or self._exists(each, ours)
        if ours is None:
            return False
        return any(
            one.version == ours.version
            and (one.supernet_of(ours) or (each.qualifier != "+" and one.overlaps(ours)))  # type: ignore[arg-type]
            for one in _networks(self.zone, each, self.domain)
        )

    def _exists(self, each: Term, sender: Network | None = None) -> bool:
        """Tell whether its name is there for a sender; for none, for one that nobody knows."""
        address = macros.NOBODY if sender is None else sender.network_address
        home = self.path[0] if self.path else self.domain
        return bool(self.zone(macros.expand(each.target, self.domain, home, address), "A").values)

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


def _networks(zone: Zone, term: Term, domain: str) -> list[Network]:
    """Return the networks that a term is about; none where it is known by its name alone."""
    if term.name in _NETWORKS:
        return [ip_network(term.value, strict=False)]
    if term.name not in {"a", "mx"} or "%" in term.target:
        return []
    name = (term.target or domain).rstrip(".").lower()
    hosts = [name]
    if term.name == "mx":
        hosts = [value.partition(" ")[2] for value in zone(name, "MX").values][: spf.MOST_HOSTS]
    return list(_addresses(zone, filter(None, hosts), term.sizes))


def _addresses(zone: Zone, hosts: Iterator[str], sizes: str) -> Iterator[Network]:
    four, _, six = sizes.partition("//")
    for host in hosts:
        for version, size in ((4, four.strip("/") or "32"), (6, six or "128")):
            for value in zone(host, _KINDS[version]).values:
                yield ip_network(f"{value}/{size}", strict=False)


def _host(term: Term, domain: str) -> str:
    """Return the name that a term is about, and how many addresses beside it."""
    sized = "" if term.sizes in _ONE_ALONE else term.sizes
    return f"{term.target.rstrip('.').lower() or domain.lower()}{sized}"


def _is_wide(term: Term) -> bool:
    """Tell whether it speaks of more addresses than anybody owns."""
    if term.name in _NETWORKS:
        network = ip_network(term.value, strict=False)
        return network.prefixlen <= _WIDEST[network.version]
    if term.name not in {"a", "mx"}:
        return False
    four, _, six = term.sizes.partition("//")
    return _is_short(four.strip("/"), 4) or _is_short(six, 6)


def _is_short(size: str, version: int) -> bool:
    return bool(size) and int(size) <= _WIDEST[version]
