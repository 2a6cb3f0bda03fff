"""DMARC: what receivers do with mail that nobody vouches for, and where they report (RFC 9989).

    phase 1   monitor      p=none         nothing changes, reports come
    phase 2   quarantine   p=quarantine   what fails goes to spam
    phase 3   reject       p=reject       what fails is not taken

RFC 9989 took `pct`, `rf` and `ri` away; `t=y` asks receivers to act one step milder than `p` says. The
older form with `pct` is still written for those who want it. Reports about single letters (`ruf`) quote
people's mail, so they are asked for in the older form alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from watchword.plumbing.dns.tags import TagsInvalid, tags

POLICIES: Final = {1: "none", 2: "quarantine", 3: "reject"}
PHASES: Final = {1: "monitor", 2: "quarantine", 3: "reject"}
REMOVED: Final = ("pct", "rf", "ri")
_FORTNIGHT: Final = timedelta(weeks=2)
_VERSION: Final = re.compile(r"\s*v\s*=\s*DMARC1\s*(;|$)")
_LOOKS_LIKE: Final = re.compile(r"\s*v\s*=\s*DMARC", re.IGNORECASE)
_PCT: Final = {1: "", 2: "; pct=25", 3: "; pct=100"}
_POLICY: Final = "none|quarantine|reject"
_MAILBOX: Final = r"mailto:[^,!@\s]+@[^,!@\s]+(![0-9]+[kmgt]?)?"
_VALUES: Final = {
    "p": _POLICY,
    "sp": _POLICY,
    "np": _POLICY,
    "t": "y|n",
    "psd": "y|n|u",
    "adkim": "r|s",
    "aspf": "r|s",
    "fo": "[01ds](:[01ds])*",
    "rua": rf"\s*{_MAILBOX}(\s*,\s*{_MAILBOX})*",
    "ruf": rf"\s*{_MAILBOX}(\s*,\s*{_MAILBOX})*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """A record, read: `faults` make receivers pass it over, `remarks` are only worth saying."""

    tags: Mapping[str, str]
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def policy(self) -> str:
        """Return what happens to mail that fails."""
        return self.tags.get("p", "none").lower()

    @property
    def reports(self) -> tuple[str, ...]:
        """Return the mailboxes that get reports, in lower case."""
        parts = self.tags.get("rua", "").split(",")
        return tuple(
            p.strip().removeprefix("mailto:").partition("!")[0].lower() for p in parts if p
        )


def is_dmarc(text: str) -> bool:
    """Tell whether a TXT record wants to be one of DMARC."""
    return bool(_LOOKS_LIKE.match(text))


def record(phase: int, mailbox: str, *, testing: bool = False) -> str:
    """Write a phase's record."""
    test = "; t=y" if testing and phase > 1 else ""
    return f"v=DMARC1; p={POLICIES[phase]}{test}; rua=mailto:{mailbox}"


def older_record(phase: int, mailbox: str) -> str:
    """Write a phase's record as RFC 7489 had it, with `pct` and reports about single letters."""
    told = f"rua=mailto:{mailbox}; ruf=mailto:{mailbox}; fo=1"
    return f"v=DMARC1; p={POLICIES[phase]}{_PCT[phase]}; {told}"


def phase_by_age(since: date, today: date) -> int:
    """Return the phase that a calendar would say: two weeks of each of the first two."""
    age = today - since
    return 1 if age < _FORTNIGHT else 2 if age < 2 * _FORTNIGHT else 3


def parse(text: str) -> Dmarc:
    """Read a record."""
    try:
        found = tags(text)
    except TagsInvalid as fault:
        return Dmarc(tags={}, faults=(str(fault),))
    if not _VERSION.match(text):
        return Dmarc(tags=found, faults=("it does not begin with v=DMARC1 (in capitals)",))
    faults, remarks = [], []
    for name, value in found.items():
        if name in REMOVED:
            remarks.append(f"`{name}` was removed by RFC 9989: newer receivers pass over it")
        elif name not in {*_VALUES, "v"}:
            remarks.append(f"`{name}` is no tag of DMARC: receivers pass over it")
        elif name != "v" and not re.fullmatch(_VALUES[name], value, re.IGNORECASE):
            faults.append(f"`{name}={value}` has no meaning")
    if "p" not in found:
        remarks.append(
            "`p` is missing: it counts as none, and older receivers pass over the record"
        )
    if "rua" not in found:
        remarks.append("nobody gets reports (rua)")
    return Dmarc(tags=found, faults=tuple(faults), remarks=tuple(remarks))
