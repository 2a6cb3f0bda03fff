"""Mail and texts: carriers that reach people, and a sender they can answer to."""

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.dns.names import within
from watchword.plumbing.settings import (
    Carrying,
    DkimSettings,
    MailSettings,
    TextCarrying,
    texting,
)
from watchword.plumbing.settings.mail import AT_HOME, ORDER, OWN_RELAY, PRESETS


def carriers(settings: Settings, findings: Findings) -> None:
    """One complete provider in production, and none of which a part is missing (N-11)."""
    carrying = Carrying.of(settings.section)
    for name in carrying.services:
        for missing in carrying.missing(name):
            _missing(missing, f"EMAIL_SERVICE says {name}", findings)
    for name in set(ORDER) - set(carrying.services):
        if carrying.begun(name) and (name != "smtp" or not set(PRESETS) & set(carrying.services)):
            for missing in carrying.missing(name):
                _missing(missing, f"{name} cannot do without it", findings)
    _pair(carrying, findings)
    _alone(carrying, findings)
    _at_home(carrying, findings)


def _missing(name: str, why: str, findings: Findings) -> None:
    """A part that is missing is wrong, but for the name that some relay nearby may not want."""
    if name not in {"SMTP_USER", "SMTP_PASSWORD"}:
        findings.wrong(name, f"is missing; {why}.")


def _pair(carrying: Carrying, findings: Findings) -> None:
    """A relay on another machine wants our name and our password, and never one of them."""
    smtp, services = carrying.smtp, carrying.services
    named = "sendgrid-smtp" in services and OWN_RELAY not in services
    wanted = smtp.host and not is_loopback(smtp.host)
    if bool(smtp.user) != bool(smtp.password) and not (named and not smtp.user):
        missing = "SMTP_PASSWORD" if smtp.user else "SMTP_USER"
        findings.wrong(missing, "is missing; SMTP_USER and SMTP_PASSWORD belong together.")
    elif {"ses-smtp", "gmail"} & set(services) and not smtp.user:
        findings.wrong("SMTP_USER", "is missing; so is SMTP_PASSWORD, and the relay wants both.")
    elif wanted and not smtp.user and not named:
        findings.unsafe(
            "SMTP_USER", "is missing; a relay on another machine wants SMTP_USER and SMTP_PASSWORD."
        )


def _alone(carrying: Carrying, findings: Findings) -> None:
    """A password is told to the one relay that it is for."""
    relays = carrying.by_password
    if len(relays) < 2:  # noqa: PLR2004 - two are one too many
        return
    told = f"{' and '.join(relays)} would all be given SMTP_PASSWORD"
    if "sendgrid-smtp" in relays:
        findings.wrong("SENDGRID_API_KEY", f"is missing; without it {told}.")
    if len([name for name in relays if name != "sendgrid-smtp"]) > 1:
        findings.wrong("EMAIL_SERVICE", f"names relays that share a password: {told}; keep one.")


def _at_home(carrying: Carrying, findings: Findings) -> None:
    """In production letters leave this machine."""
    for name in set(carrying.services) & set(AT_HOME):
        findings.unsafe("EMAIL_SERVICE", f"{name} is for development: nobody gets a letter.")
    begun = any(carrying.begun(name) for name in ORDER)
    if findings.strict and not carrying.services and not carrying.configured and not begun:
        findings.wrong(
            "EMAIL_SERVICE",
            "an e-mail provider is missing: give SENDGRID_API_KEY, or AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY, or MAILGUN_API_KEY and MAILGUN_DOMAIN, or SMTP_HOST, SMTP_USER"
            " and SMTP_PASSWORD.",
        )


def signing(settings: Settings, findings: Findings) -> None:
    """A key and its selector, for the sender's domain: what another signs, DMARC does not count."""
    dkim, mail = settings.section(DkimSettings), settings.section(MailSettings)
    if bool(dkim.pem) != bool(dkim.selector):
        missing = "EMAIL_DKIM_SELECTOR" if dkim.pem else "EMAIL_DKIM_PRIVATE_KEY"
        findings.wrong(missing, "is missing; EMAIL_DKIM_SELECTOR and the key belong together.")
    elif dkim.signs and not mail.dns_domain:
        findings.wrong("EMAIL_FROM", "is missing; letters are signed for the sender's domain.")
    elif dkim.domain and not within(mail.dns_domain, dkim.domain):
        findings.wrong("EMAIL_DKIM_DOMAIN", f"is not the sender's: that is {mail.dns_domain}.")


def texter(settings: Settings, findings: Findings) -> None:
    """All of what a carrier of texts wants, or nothing."""
    carrying = TextCarrying.of(settings.section)
    for name in set(texting.AT_HOME) & set(carrying.services):
        findings.unsafe("SMS_SERVICE", f"{name} is for development: nobody gets a text.")
    for name in texting.ORDER:
        if not (carrying.begun(name) or name in carrying.services):
            continue
        *others, last = carrying.wanted(name)
        for missing in carrying.missing(name):
            findings.wrong(missing, f"is missing; {', '.join(others)} and {last} belong together.")


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
