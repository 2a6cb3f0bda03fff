"""Risk signals: an address and a key for them, and TLS beyond this machine."""

from urllib.parse import urlsplit

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.checks.guessable import is_sample
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.records.signals.rules import SignalSettings


def receiver(settings: Settings, findings: Findings) -> None:
    """Whoever is told of signals, where somebody is."""
    found = settings.section(SignalSettings)
    if not found.enabled:
        return
    if not found.url:
        findings.wrong("SIRA_WEBHOOK_URL", "is missing; SIRA_ENABLED needs it.")
    if not found.keys:
        findings.wrong(
            "SIRA_WEBHOOK_SECRET",
            "is missing; signals are signed with it: whsec_ and the base64 of 32 bytes.",
        )
    if any(is_sample(key.reveal()) for key in found.keys):
        findings.unsafe("SIRA_WEBHOOK_SECRET", "is the one of a guide: make your own.")
    parts = urlsplit(found.url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        findings.unsafe("SIRA_WEBHOOK_URL", "is http://. Use https://.")
