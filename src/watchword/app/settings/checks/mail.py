"""Mail: a carrier that reaches people, and a sender they can answer to."""

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.settings import SmtpSettings
from watchword.records.deliveries.rules import MailSettings


def carrier(settings: Settings, findings: Findings) -> None:
    """One complete carrier in production (N-11)."""
    mail, smtp = settings.section(MailSettings), settings.section(SmtpSettings)
    if bool(smtp.user) != bool(smtp.password):
        missing = "SMTP_PASSWORD" if smtp.user else "SMTP_USER"
        findings.wrong(missing, "is missing; SMTP_USER and SMTP_PASSWORD belong together.")
    if mail.carrier in {"console", "mailbox"}:
        findings.unsafe(
            "EMAIL_SERVICE", f"{mail.carrier} is for development: nobody gets a letter."
        )
    elif mail.carrier == "smtp" and not smtp.host:
        findings.wrong("SMTP_HOST", "is missing; EMAIL_SERVICE says smtp.")
    elif not smtp.host and findings.strict:
        findings.wrong(
            "EMAIL_SERVICE",
            "an e-mail provider is missing: give SMTP_HOST, SMTP_USER and SMTP_PASSWORD.",
        )
    elif smtp.host and not smtp.user and not smtp.password and not is_loopback(smtp.host):
        findings.unsafe(
            "SMTP_USER", "is missing; a relay on another machine wants SMTP_USER and SMTP_PASSWORD."
        )


def sender(settings: Settings, findings: Findings) -> None:
    """A sender that is told once, at a domain of ours."""
    mail = settings.section(MailSettings)
    if mail.given_sender and mail.sender_address and mail.given_sender != mail.composed_sender:
        findings.wrong(
            "EMAIL_FROM",
            "and SMTP_FROM_EMAIL with SMTP_FROM_NAME say different things: keep one.",
        )
    if findings.strict and mail.sender_domain == "localhost":
        findings.wrong("EMAIL_FROM", "is missing; letters need a sender at a domain of yours.")
