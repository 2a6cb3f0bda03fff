"""Backups: the extra that encrypts them is at hand, and what they are encrypted to is a public key."""

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.plumbing.archives import age
from watchword.records.backups.rules import BackupSettings


def recipients(settings: Settings, findings: Findings) -> None:
    """Whom backups are encrypted to, where some are made."""
    found = settings.section(BackupSettings)
    if not found.recipients:
        return
    findings.needs_extra("BACKUP_RECIPIENT", "backup", "pyrage")
    try:
        age.recipients(found.recipients)
    except ValueError as error:
        findings.wrong("BACKUP_RECIPIENT", f"{error}.")
    except age.BackupExtraMissing:
        return  # which was said
    if found.identity:
        findings.warn(
            "BACKUP_IDENTITY",
            "is on a machine that serves: whoever takes it over reads every backup. Verify elsewhere.",
        )
