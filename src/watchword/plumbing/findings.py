"""Findings: what one check came to, told alike by every command that makes a round of them."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ends."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found; `fix` is the command that mends it."""

    check: str
    outcome: Outcome
    detail: str
    fix: str = ""


def ok(check: str, detail: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check=check, outcome=Outcome.OK, detail=detail)


def warning(check: str, detail: str, fix: str = "") -> Finding:
    """Return a finding that is no fault, and that somebody should know."""
    return Finding(check=check, outcome=Outcome.WARNING, detail=detail, fix=fix)


def failed(check: str, detail: str, fix: str) -> Finding:
    """Return a finding that something is wrong."""
    return Finding(check=check, outcome=Outcome.FAILED, detail=detail, fix=fix)


def skipped(check: str, why: str, fix: str = "") -> Finding:
    """Return a finding that nobody could look, which is never a finding that all is well."""
    return Finding(check=check, outcome=Outcome.SKIPPED, detail=why, fix=fix)


def is_wrong(finding: Finding) -> bool:
    """Tell whether a round with this finding has failed."""
    return finding.outcome in {Outcome.FAILED, Outcome.SKIPPED}
