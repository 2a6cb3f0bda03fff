"""Checks across settings: what production refuses, and what is only said."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from watchword.app.settings.values import Settings


@dataclass(slots=True)
class Findings:
    """What was found: faults refuse the start, warnings are only said."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check(settings: Settings, required: Collection[str], cwd: Path) -> Findings:
    """Look at the settings together; sections that could not be read are left out."""
    findings = Findings()
    for name in required:
        if not settings.given(name):
            findings.faults.append((name, "is missing: this profile requires it."))
    return findings
