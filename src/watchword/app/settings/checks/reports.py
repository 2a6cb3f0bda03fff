"""Errors told elsewhere: the extra is at hand."""

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.plumbing.settings import LogSettings


def sentry(settings: Settings, findings: Findings) -> None:
    """Sentry, where errors are told there."""
    if settings.section(LogSettings).sentry:
        findings.needs_extra("SENTRY_DSN", "sentry", "sentry_sdk")
