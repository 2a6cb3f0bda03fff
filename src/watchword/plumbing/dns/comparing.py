"""Comparing: a record that we want with what the zone holds, and the exact difference.

Where a record is missing, the places are looked at where it often stands by mistake: below the domain
written twice, and for DMARC at the domain itself.
"""

from collections.abc import Callable
from typing import Final

from watchword.plumbing.dns import dkim, dmarc, spf
from watchword.plumbing.dns.names import same, within
from watchword.plumbing.dns.records import Comparison, Mark, Purpose, Record, compared
from watchword.plumbing.dns.senders import Senders
from watchword.plumbing.dns.zone import NO_DATA, Answer, State, Zone

_STRICTNESS: Final = ("+", "", "?", "~", "-")
_POLICIES: Final = ("none", "quarantine", "reject")
_SHARES: Final = {"none": 0, "quarantine": 1, "reject": 100}
_WAIT: Final = "ask again later; if it lasts, ask who runs the DNS of that name"


def compare(zone: Zone, want: Record, domain: str) -> Comparison:
    """Compare one record with what the zone holds; `domain` is the sender's."""
    if not want.named:
        return compared(want, Mark.UNKNOWN, "its name is not known yet", want.hint)
    if want.type == "CNAME":
        return _pointer(zone, want, domain)
    answer = zone(want.name, want.type)
    if answer.broken:
        return _unanswered(want, answer)
    if want.type == "MX":
        return _exchange(zone, want, domain, answer.values)
    return _TEXTS[want.purpose](zone, want, domain, answer.values)


def _unanswered(want: Record, answer: Answer, name: str = "") -> Comparison:
    detail = f"nobody could tell of {name or want.name}: {answer.detail}"
    return compared(want, Mark.UNANSWERED, detail, _WAIT)


def _missing(zone: Zone, want: Record, domain: str) -> Comparison:
    if want.optional:
        return compared(want, Mark.ABSENT, want.note or "not there")
    if not zone(f"{want.name}.{domain}", want.type).void:
        short = want.name.removesuffix(domain).rstrip(".") or "@"
        detail = f"it stands at {want.name}.{domain}"
        fix = f"the form for DNS records adds the domain by itself: write only `{short}` there"
        return compared(want, Mark.MISSING, detail, fix)
    if zone(domain, "TXT").state is State.NO_NAME and within(want.name, domain):
        fix = f"is {domain} registered, and does this resolver see it? Then {_add(want)}"
        return compared(want, Mark.MISSING, f"the DNS knows no {domain}", fix)
    return compared(want, Mark.MISSING, "not there", _add(want))


def _add(want: Record) -> str:
    return f"add: {want.line}" if want.whole else want.hint


# --- CNAME and MX -----------------------------------------------------------------


def _pointer(zone: Zone, want: Record, domain: str) -> Comparison:
    answer = zone(want.name, "CNAME")
    if answer.broken:
        return _unanswered(want, answer)
    if answer.void:
        return _flattened(zone, want) or _missing(zone, want, domain)
    (target, *_) = answer.values
    if not want.fits(target):
        detail = f"points to {target}, not to {want.value}"
        return compared(want, Mark.WRONG, detail, _change(want), answer.values)
    if want.purpose is Purpose.DKIM:
        return _key_behind(zone, want, target)
    return compared(want, Mark.OK, f"points to {target}", have=answer.values)


def _change(want: Record) -> str:
    return f"change to: {want.line}" if want.whole else want.hint


def _flattened(zone: Zone, want: Record) -> Comparison | None:
    """Tell of a name that holds what the CNAME would lead to, instead of the CNAME."""
    kinds = ("TXT",) if want.purpose is Purpose.DKIM else ("A", "AAAA", "TXT")
    for kind in kinds:
        answer = zone(want.name, kind)
        if answer.values:
            detail = (
                f"flattened: {kind} stands here instead of the CNAME, and does not follow changes"
            )
            fix = f"turn proxying and flattening off for this name; {_change(want)}"
            return compared(want, Mark.WRONG, detail, fix, answer.values)
    return None


def _key_behind(zone: Zone, want: Record, target: str) -> Comparison:
    """Look at the key that a CNAME leads to; some providers lead on to a second domain."""
    answer = zone(want.name, "TXT")
    if answer.broken:
        return _unanswered(want, answer, target)
    texts = tuple(text for text in answer.values if dkim.is_key(text))
    if not texts:
        detail = f"points to {target}, where no key is yet"
        fix = f"finish the verification of the domain in the console of {want.provider}"
        return compared(want, Mark.WRONG, detail, fix, answer.values)
    return _judged_key(want, texts, f"points to {target}")


def _exchange(zone: Zone, want: Record, domain: str, have: tuple[str, ...]) -> Comparison:
    hosts = {value.partition(" ")[2] for value in have} - {""}
    if not hosts:
        return _missing(zone, want, domain)
    host = want.value.partition(" ")[2]
    if not any(want.fits(value) or same(value.partition(" ")[2], host) for value in have):
        detail = f"leads to {', '.join(sorted(hosts))}, not to {host}"
        return compared(want, Mark.WRONG, detail, _change(want), have)
    if want.alone and len(have) > 1:
        detail = f"{len(have)} MX records stand here, one may"
        return compared(want, Mark.WRONG, detail, f"keep only: {want.line}", have)
    return compared(want, Mark.OK, ", ".join(have), have=have)


# --- TXT ---------------------------------------------------------------------------


def _key(zone: Zone, want: Record, domain: str, have: tuple[str, ...]) -> Comparison:
    texts = tuple(text for text in have if dkim.is_key(text))
    if not texts:
        return _missing(zone, want, domain)
    return _judged_key(want, texts, "a key")


def _judged_key(want: Record, texts: tuple[str, ...], told: str) -> Comparison:
    if len(texts) > 1:
        return compared(want, Mark.WRONG, f"{len(texts)} keys of one name", "keep one", texts)
    found = dkim.parse(texts[0])
    if found.faults:
        detail = "; ".join(found.faults)
        return compared(want, Mark.WRONG, detail, _new_key(want), texts)
    wanted = dkim.parse(want.value).data if want.type == "TXT" and want.whole else ""
    if wanted and wanted != found.data:
        detail = "another key than the one that was given"
        return compared(want, Mark.WRONG, detail, _change(want), texts)
    if found.remarks:
        return compared(want, Mark.WARNING, "; ".join(found.remarks), _new_key(want), texts)
    return compared(want, Mark.OK, f"{told}, {found.kind}", have=texts)


def _new_key(want: Record) -> str:
    if want.type == "TXT" and want.whole:
        return _change(want)
    return f"copy the key once more from the console of {want.provider}"


def _spf(zone: Zone, want: Record, domain: str, have: tuple[str, ...]) -> Comparison:
    texts = tuple(text for text in have if spf.is_spf(text))
    wanted = spf.parse(" ".join(word for word in want.value.split() if word[0] != "<"))
    if not texts:
        return _missing(zone, want, domain)
    try:
        found, *others = (spf.parse(text) for text in texts)
    except spf.SpfInvalid as fault:
        return compared(want, Mark.WRONG, str(fault), _change(want), texts)
    if others:
        detail = f"{len(texts)} SPF records, one may be: receivers pass over all of them"
        return compared(want, Mark.WRONG, detail, _joined(want, wanted, texts), texts)
    weight = spf.weigh(zone, want.name, found)
    followed = zone if weight.lookups <= spf.MOST_LOOKUPS else _unfollowed
    senders = Senders(followed, want.name, found)
    faults = [*_unlisted(senders, wanted), *_too_mild(senders, wanted), *weight.faults]
    if faults:
        fix = _joined(want, wanted, texts, weight, senders.everybody())
        return compared(want, Mark.WRONG, "; ".join(faults), fix, texts)
    if weight.unanswered:
        detail = f"nobody could tell of {', '.join(weight.unanswered)}"
        return compared(want, Mark.UNANSWERED, detail, _WAIT, texts)
    detail = f"{weight.lookups} of {spf.MOST_LOOKUPS} look-ups"
    return _good_spf(want, detail, wanted, senders.rest(), texts)


def _unfollowed(_name: str, _kind: str) -> Answer:
    """Answer nothing: beyond ten look-ups receivers follow no further."""
    return NO_DATA


def _good_spf(
    want: Record, detail: str, wanted: spf.Spf, rest: str, texts: tuple[str, ...]
) -> Comparison:
    if not want.whole:
        return compared(
            want, Mark.UNKNOWN, f"not all senders are known; {detail}", want.hint, texts
        )
    if rest == "~" and wanted.rest == "-":
        return compared(want, Mark.WARNING, f"{detail}; ~all is milder than -all", have=texts)
    return compared(want, Mark.OK, detail, have=texts)


def _unlisted(senders: Senders, wanted: spf.Spf) -> list[str]:
    """Name the senders that are wanted and may not send."""
    written = {term.text for term in senders.record.terms}
    faults = []
    for each in wanted.heard:
        if each.name == "all":
            continue
        decider = senders.decider(each, senders.domain)
        if decider is None and each.text in written:
            faults.append(f"{each.text} stands behind `all`, where nobody listens")
        elif decider is None:
            faults.append(f"lacks {each.text}")
        elif decider.qualifier != "+":
            faults.append(f"{each.text} is refused: {decider.text} speaks of it first")
    return faults


def _too_mild(senders: Senders, wanted: spf.Spf) -> list[str]:
    everybody, rest = senders.everybody(), senders.rest()
    if everybody:
        return [f"{everybody} lets everybody send"]
    if rest in {"~", "-"} or _STRICTNESS.index(rest) >= _STRICTNESS.index(wanted.rest or "-"):
        return []
    return [f"{rest}all lets everybody send" if rest else "does not end in -all"]


def _joined(
    want: Record,
    wanted: spf.Spf,
    texts: tuple[str, ...],
    weight: spf.Weight | None = None,
    without: str = "",
) -> str:
    """Say the one record that does for all of them, if it can be said, `without` one of their terms."""
    if weight is not None and weight.lookups > spf.MOST_LOOKUPS:
        return (
            "take out senders that are gone, or give one of them a subdomain with an SPF of its own"
        )
    every = [term for text in texts for term in spf.parse(text).terms]
    read = [term for term in every if term.text != without]
    kept = [term.text for term in (*wanted.terms, *read) if not term.modifier]
    also = [f"include:{term.value}" for term in read if term.name == "redirect"]
    terms = [text for text in (*kept, *also) if text.lstrip("+?~-") != "all"]
    rest = f"{wanted.rest or '-'}all".removeprefix("+")
    return f'keep one: {want.name}. IN TXT "{spf.record(terms, rest)}"'


def _dmarc(zone: Zone, want: Record, domain: str, have: tuple[str, ...]) -> Comparison:
    texts = tuple(text for text in have if dmarc.is_dmarc(text))
    if not texts:
        return _elsewhere(zone, want, domain) or _missing(zone, want, domain)
    if len(texts) > 1:
        detail = f"{len(texts)} DMARC records, one may be: receivers pass over all of them"
        return compared(want, Mark.WRONG, detail, f"keep only: {want.line}", texts)
    wanted, found = dmarc.parse(want.value), dmarc.parse(texts[0])
    faults = list(found.faults)
    if not faults:
        faults += _unlike(found, wanted, exact=want.exact)
    if faults:
        return compared(want, Mark.WRONG, "; ".join(faults), _change(want), texts)
    remarks = list(found.remarks)
    if found.reports and not set(wanted.reports) & set(found.reports):
        remarks.append(f"reports go to {', '.join(found.reports)}, not to {wanted.reports[0]}")
    remarks += [
        f"{name}=s: what our providers say for subdomains does not count"
        for name in ("adkim", "aspf")
        if found.tags.get(name, "").lower() == "s"
    ]
    if remarks:
        return compared(want, Mark.WARNING, "; ".join(remarks), _change(want), texts)
    return compared(want, Mark.OK, f"p={found.policy}{_test(found)}", have=texts)


def _unlike(found: dmarc.Dmarc, wanted: dmarc.Dmarc, *, exact: bool) -> list[str]:
    """Name what is milder than wanted, for whom, and what is stricter where that counts."""
    told = f"p={found.policy}{_test(found)}, wanted is p={wanted.policy}{_test(wanted)}"
    faults = [told] if _strength(found) < _strength(wanted) else []
    if exact and _strength(found) > _strength(wanted):
        faults.append(f"{told}: stricter than this phase")
    least = _POLICIES.index(wanted.policy)
    faults += [
        f"{name}={said}: {whom} are let off, wanted is {wanted.policy}"
        for name, whom in (("sp", "subdomains"), ("np", "subdomains that do not exist"))
        if (said := found.tags.get(name, wanted.policy).lower()) in _POLICIES[:least]
    ]
    share = found.tags.get("pct", "100").strip()
    if share.isdecimal() and int(share) < _SHARES[wanted.policy]:
        faults.append(f"pct={share}: older receivers let the others off")
    return faults


def _strength(found: dmarc.Dmarc) -> int:
    return _POLICIES.index(found.policy) - bool(_test(found))


def _test(found: dmarc.Dmarc) -> str:
    return "; t=y" if found.tags.get("t", "").lower() == "y" and found.policy != "none" else ""


def _elsewhere(zone: Zone, want: Record, domain: str) -> Comparison | None:
    """Look where a policy stands by mistake, and whose policy counts instead."""
    if any(dmarc.is_dmarc(text) for text in zone(domain, "TXT").values):
        return compared(want, Mark.MISSING, f"it stands at {domain}", f"move it to {want.name}")
    parent = domain.partition(".")[2]
    while "." in parent:
        for text in zone(f"_dmarc.{parent}", "TXT").values:
            if dmarc.is_dmarc(text):
                detail = f"not there; what _dmarc.{parent} says counts: {text}"
                return compared(want, Mark.MISSING, detail, _add(want))
        parent = parent.partition(".")[2]
    return None


def _permission(_: Zone, want: Record, __: str, have: tuple[str, ...]) -> Comparison:
    """See whether another domain takes our reports."""
    if any(dmarc.is_dmarc(text) for text in have):
        return compared(want, Mark.OK, "takes our reports", have=have)
    fix = f"ask who runs that domain to {_add(want)}"
    return compared(want, Mark.MISSING, "that domain does not take our reports", fix, have)


_TEXTS: Final[dict[Purpose, Callable[[Zone, Record, str, tuple[str, ...]], Comparison]]] = {
    Purpose.SPF: _spf,
    Purpose.RETURN_PATH: _spf,
    Purpose.DKIM: _key,
    Purpose.DMARC: _dmarc,
    Purpose.REPORTS: _permission,
}
