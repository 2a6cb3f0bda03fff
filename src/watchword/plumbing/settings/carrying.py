"""Which carriers take the letters, in which order, and what each still wants; `texting` says it of texts."""

from dataclasses import replace
from typing import Final

from watchword.kernel.addresses import is_loopback
from watchword.kernel.parts import FindSection, service
from watchword.plumbing.settings.aws import AwsSettings
from watchword.plumbing.settings.choice import CarrierChoice
from watchword.plumbing.settings.mail import ORDER, RELAYS, MailSettings
from watchword.plumbing.settings.providers import MailgunSettings, SendgridSettings, SesSettings
from watchword.plumbing.settings.smtp import SmtpSettings

_BY_KEY: Final = "sendgrid-smtp"
_PORT: Final = 587


@service
class Carrying(CarrierChoice):
    """What EMAIL_SERVICE says, and what each provider was given."""

    order = ORDER
    mail: MailSettings
    sendgrid: SendgridSettings
    aws: AwsSettings
    ses: SesSettings
    mailgun: MailgunSettings
    smtp: SmtpSettings

    @classmethod
    def of(cls, section: FindSection) -> "Carrying":
        """Return who carries the letters by these settings."""
        return cls(
            mail=section(MailSettings),
            sendgrid=section(SendgridSettings),
            aws=section(AwsSettings),
            ses=section(SesSettings),
            mailgun=section(MailgunSettings),
            smtp=section(SmtpSettings),
        )

    @property
    def services(self) -> tuple[str, ...]:
        """Return the carriers that were named."""
        return self.mail.services

    @property
    def here(self) -> str:
        """Return the mailbox, which keeps every letter."""
        return "mailbox"

    def relay(self, name: str) -> SmtpSettings:
        """Return the relay of that name."""
        if name == "smtp":
            return self.smtp
        known = replace(self.smtp, host=self._host(name), port=_PORT, secure=False)
        if name != _BY_KEY:
            return known
        return replace(known, user="apikey", password=self.sendgrid.key or self.smtp.password)

    @property
    def by_password(self) -> tuple[str, ...]:
        """Return the chosen relays that are given SMTP_PASSWORD: it is one relay's alone."""
        relays = (name for name in self.services if name in RELAYS)
        return tuple(name for name in relays if name != _BY_KEY or not self.sendgrid.key)

    def _host(self, name: str) -> str:
        return {
            "sendgrid-smtp": "smtp.sendgrid.net",
            "ses-smtp": f"email-smtp.{self.aws.region}.amazonaws.com",
            "gmail": "smtp.gmail.com",
        }[name]

    def _given(self, name: str) -> dict[str, object]:
        smtp = self.smtp
        named = {"SMTP_USER": smtp.user, "SMTP_PASSWORD": smtp.password}
        wants_name = smtp.user or smtp.password or not is_loopback(smtp.host)
        wanted: dict[str, dict[str, object]] = {
            "sendgrid": {"SENDGRID_API_KEY": self.sendgrid.key},
            "ses": {"AWS_ACCESS_KEY_ID": self.aws.key_id, "AWS_SECRET_ACCESS_KEY": self.aws.key},
            "mailgun": {
                "MAILGUN_API_KEY": self.mailgun.key,
                "MAILGUN_DOMAIN": self.mailgun.domain,
            },
            "smtp": {"SMTP_HOST": smtp.host, **(named if wants_name else {})},
            "sendgrid-smtp": {"SENDGRID_API_KEY": self.sendgrid.key or smtp.password},
            "ses-smtp": dict(named),
            "gmail": dict(named),
        }
        return wanted.get(name, {})
