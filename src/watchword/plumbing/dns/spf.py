"""SPF: who may send for a domain, and how many look-ups it takes to tell (RFC 7208).

    v=spf1 include:sendgrid.net ip4:192.0.2.0/24 -all

include, a, mx, ptr, exists and redirect take a look-up each, and so does what they lead to: ten in all,
of which two may find nothing. Beyond that receivers answer `permerror`, as for two records of one name and
for every fault of grammar, and the mail counts as not allowed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from watchword.plumbing.dns import macros
from watchword.plumbing.dns.zone import Answer, Zone

MOST_LOOKUPS: Final = 10
MOST_VOIDS: Final = 2
MOST_HOSTS: Final = 10
_GIVE_UP: Final = 40
_VERSION: Final = "v=spf1"
_TERM: Final = re.compile(
    r"([+?~-]?)([a-z][a-z0-9_.-]*)(?:([:=])(\S*?))?((?:/\d+)?(?://\d+)?)",
    re.IGNORECASE | re.ASCII,
)
_ASKING: Final = {"include", "a", "mx", "ptr", "exists"}
_MECHANISMS: Final = {*_ASKING, "all", "ip4", "ip6"}
_ONCE: Final = ("redirect", "exp")
_FOUR: Final = r"/(?:[12]?[0-9]|3[0-2])"
_SIX: Final = r"/(?:[1-9]?[0-9]|1[01][0-9]|12[0-8])"
_SIZES: Final = {
    "a": re.compile(f"({_FOUR})?(/{_SIX})?"),
    "mx": re.compile(f"({_FOUR})?(/{_SIX})?"),
    "ip4": re.compile(f"({_FOUR})?"),
    "ip6": re.compile(f"({_SIX})?"),
}


class SpfInvalid(ValueError):
    """The record does not follow the grammar; the sentence names the term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word of a record: a mechanism (`include:example.org`) or a modifier (`redirect=...`)."""

    qualifier: str
    name: str
    value: str
    modifier: bool
    sizes: str = ""  # the end of `value`, where that may hold lengths

    @property
    def target(self) -> str:
        """Return the name in it, without lengths; empty where it is about the domain itself."""
        return self.value.removesuffix(self.sizes)

    @property
    def text(self) -> str:
        """Return the term as it is compared: without `+`, in lower case but for macros."""
        sign = "" if self.qualifier == "+" else self.qualifier
        mark = "=" if self.modifier else ":" if self.value and self.value[0] != "/" else ""
        return f"{sign}{self.name}{mark}{self.value if '%' in self.value else self.value.lower()}"

    @property
    def asks(self) -> bool:
        """Tell whether it takes a look-up."""
        return self.name in _ASKING and not self.modifier


@dataclass(frozen=True, slots=True)
class Spf:
    """A record, read."""

    terms: tuple[Term, ...]

    @property
    def heard(self) -> tuple[Term, ...]:
        """Return the mechanisms up to `all`, behind which nobody listens."""
        heard = []
        for term in self.terms:
            if not term.modifier:
                heard.append(term)
            if term.name == "all":
                break
        return tuple(heard)

    @property
    def rest(self) -> str:
        """Return what becomes of everybody else: the qualifier of `all`; empty without one."""
        return next((term.qualifier for term in self.terms if term.name == "all"), "")

    @property
    def redirect(self) -> str:
        """Return the domain whose record counts instead; `all` makes it void."""
        if self.rest:
            return ""
        return next((term.value for term in self.terms if term.name == "redirect"), "")


@dataclass(slots=True)
class Weight:
    """What evaluating a record takes at most: look-ups, those that find nothing, what is wrong."""

    lookups: int = 0
    voids: int = 0
    faults: list[str] = field(default_factory=list)
    by_term: dict[str, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)


def is_spf(text: str) -> bool:
    """Tell whether a TXT record is one of SPF."""
    first = text.split(" ", 1)[0]
    return first.lower() == _VERSION


def record(terms: Iterable[str], rest: str = "-all") -> str:
    """Write a record of these mechanisms, each once, in their order."""
    return " ".join([_VERSION, *dict.fromkeys(terms), rest])


def parse(text: str) -> Spf:
    """Read a record. Problem: `SpfInvalid`."""
    if not is_spf(text):
        raise SpfInvalid(f"it does not begin with {_VERSION}")
    read = Spf(tuple(term(word) for word in text.split(" ")[1:] if word))
    modifiers = [each.name for each in read.terms if each.modifier]
    for name in _ONCE:
        if modifiers.count(name) > 1:
            raise SpfInvalid(f"`{name}=` stands {modifiers.count(name)} times, once it may")
    return read


def term(word: str) -> Term:
    """Read one term. Problem: `SpfInvalid`."""
    match = _TERM.fullmatch(word)
    if match is None or (
        match[3] and not match[4] and (match[3] == ":" or match[2].lower() in _ONCE)
    ):
        raise SpfInvalid(f"`{word}` is no term of SPF")
    sign, name, mark, value, size = match.groups()
    read = Term(
        qualifier=sign or "+",
        name=name.lower(),
        value=(value or "") + size,
        modifier=mark == "=",
        sizes=size if mark != "=" and name.lower() in _SIZES else "",
    )
    if read.modifier:
        _check_modifier(read, word, signed=bool(sign))
    else:
        _check_mechanism(read, word, mark)
    return read


def weigh(zone: Zone, domain: str, spf: Spf) -> Weight:
    """Count what evaluating the domain's record takes, through all that it includes."""
    weight = Weight()
    _walk(zone, domain, spf, weight, (domain.lower(),))
    if weight.lookups > MOST_LOOKUPS:
        told = ", ".join(f"{name} {cost}" for name, cost in weight.by_term.items())
        weight.faults.append(f"{weight.lookups} look-ups, {MOST_LOOKUPS} are allowed: {told}")
    if weight.voids > MOST_VOIDS:
        weight.faults.append(f"{weight.voids} look-ups find nothing, {MOST_VOIDS} may")
    return weight


def direct_lookups(spf: Spf) -> int:
    """Count the look-ups of a record itself, without what its terms lead to."""
    return sum(each.asks for each in spf.heard) + bool(spf.redirect)


def _check_modifier(read: Term, word: str, *, signed: bool) -> None:
    if signed or read.name in _MECHANISMS:
        raise SpfInvalid(f"`{word}` is no term of SPF")
    if read.name in _ONCE and not macros.is_name(read.value):
        raise SpfInvalid(f"`{word}` names no domain")
    if not macros.is_text(read.value):
        raise SpfInvalid(f"`{word}` holds a macro that is none")


def _check_mechanism(read: Term, word: str, mark: str | None) -> None:
    if read.name not in _MECHANISMS:
        raise SpfInvalid(f"`{word}` is no term of SPF")
    if read.name == "all" and read.value:
        raise SpfInvalid(f"`{word}`: `all` stands alone")
    sizes = _SIZES.get(read.name)
    if sizes is not None and not sizes.fullmatch(read.sizes):
        raise SpfInvalid(f"`{word}` has a length that no network has")
    if read.name in {"ip4", "ip6"}:
        _check_address(read, word)
    elif (read.name in {"include", "exists"} or mark) and not macros.is_name(read.target):
        raise SpfInvalid(f"`{word}` names no domain")
    elif read.name == "ptr" and not mark and read.value:
        raise SpfInvalid(f"`{word}` takes no length")


def _check_address(read: Term, word: str) -> None:
    kind = IPv4Address if read.name == "ip4" else IPv6Address
    try:
        good = "%" not in read.target and kind(read.target)
    except ValueError:
        good = False
    if not good:
        raise SpfInvalid(f"`{word}` holds no address of {read.name}")


def _walk(zone: Zone, domain: str, spf: Spf, weight: Weight, path: tuple[str, ...]) -> None:
    """Add what a record takes; `path` are the domains that lead here."""
    for each in spf.heard:
        before = weight.lookups
        if each.asks and weight.lookups < _GIVE_UP:
            weight.lookups += 1
            _ask(zone, domain, each, weight, path)
        if len(path) == 1 and weight.lookups > before:
            weight.by_term[each.text] = weight.lookups - before
    if spf.redirect and weight.lookups < _GIVE_UP:
        before = weight.lookups
        weight.lookups += 1
        _follow(zone, spf.redirect, f"redirect={spf.redirect}", weight, path)
        if len(path) == 1:
            weight.by_term[f"redirect={spf.redirect}"] = weight.lookups - before


def _ask(zone: Zone, domain: str, each: Term, weight: Weight, path: tuple[str, ...]) -> None:
    target = each.target or domain
    if "%" in target or each.name == "ptr":
        return  # depends on who sends: nothing to look up here
    if each.name == "include":
        _follow(zone, target, each.text, weight, path)
    elif each.name == "mx":
        hosts = _heard(zone(target, "MX"), target, weight)
        if len(hosts.values) > MOST_HOSTS:
            weight.faults.append(
                f"`{each.text}` has {len(hosts.values)} hosts, {MOST_HOSTS} may be"
            )
    else:
        four = zone(target, "A")
        other = each.name == "a" and four.void  # `exists` asks for addresses of IPv4 alone
        _heard(zone(target, "AAAA") if other else four, target, weight)


def _follow(zone: Zone, target: str, word: str, weight: Weight, path: tuple[str, ...]) -> None:
    """Add what another domain's record takes."""
    name = target.rstrip(".").lower()
    if name in path:
        weight.faults.append(f"`{word}` leads in a circle")
        return
    answer = _heard(zone(name, "TXT"), name, weight)
    if answer.broken:
        return
    texts = [text for text in answer.values if is_spf(text)]
    if len(texts) != 1:
        weight.faults.append(f"`{word}` leads to {len(texts) or 'no'} SPF records, one must be")
        return
    try:
        inner = parse(texts[0])
    except SpfInvalid as fault:
        weight.faults.append(f"`{word}` leads to a record that cannot be read: {fault}")
        return
    _walk(zone, name, inner, weight, (*path, name))


def _heard(answer: Answer, name: str, weight: Weight) -> Answer:
    if answer.void:
        weight.voids += 1
    if answer.broken and name not in weight.unanswered:
        weight.unanswered.append(name)
    return answer
