"""Which carriers take the letters, in which order, and what each still wants.

sendgrid, ses, mailgun, smtp           tried in this order when EMAIL_SERVICE is empty
sendgrid-smtp, ses-smtp, gmail         relays whose host, port and name we know
console, mailbox                       for development: nobody gets a letter
"""

from dataclasses import dataclass, replace
from typing import Final

from watchword.kernel.addresses import is_loopback
from watchword.kernel.parsing import listed
from watchword.plumbing.settings.providers import MailgunSettings, SendgridSettings, SesSettings
from watchword.plumbing.settings.smtp import SmtpSettings

ORDER: Final = ("sendgrid", "ses", "mailgun", "smtp")
PRESETS: Final = ("sendgrid-smtp", "ses-smtp", "gmail")
AT_HOME: Final = ("console", "mailbox")
OWN_RELAY: Final = "smtp"
RELAYS: Final = (OWN_RELAY, *PRESETS)
_BY_KEY: Final = "sendgrid-smtp"
_PORT: Final = 587


def mail_services(text: str) -> tuple[str, ...]:
    """Read an ordered list of carriers, each once."""
    found = listed(text)
    known = (*ORDER, *PRESETS, *AT_HOME)
    if not set(found) <= set(known) or len(set(found)) < len(found):
        message = "write carriers in the order they are tried: " + ", ".join(known)
        raise ValueError(message)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """What EMAIL_SERVICE says, and what each provider was given."""

    services: tuple[str, ...]
    sendgrid: SendgridSettings
    ses: SesSettings
    mailgun: MailgunSettings
    smtp: SmtpSettings

    @property
    def configured(self) -> tuple[str, ...]:
        """Return the carriers that have all they want, in the usual order."""
        return tuple(name for name in ORDER if not self.missing(name))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the carriers that letters are given to, in their order."""
        return self.services or self.configured or ("mailbox",)

    def missing(self, name: str) -> tuple[str, ...]:
        """Return the settings that a carrier still wants."""
        given = self._given(name)
        return tuple(setting for setting, value in given.items() if not value)

    def begun(self, name: str) -> bool:
        """Tell whether a carrier was given a part of what it wants."""
        return any(self._given(name).values())

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
            "ses-smtp": f"email-smtp.{self.ses.region}.amazonaws.com",
            "gmail": "smtp.gmail.com",
        }[name]

    def _given(self, name: str) -> dict[str, object]:
        smtp = self.smtp
        named = {"SMTP_USER": smtp.user, "SMTP_PASSWORD": smtp.password}
        wants_name = smtp.user or smtp.password or not is_loopback(smtp.host)
        wanted: dict[str, dict[str, object]] = {
            "sendgrid": {"SENDGRID_API_KEY": self.sendgrid.key},
            "ses": {"AWS_ACCESS_KEY_ID": self.ses.key_id, "AWS_SECRET_ACCESS_KEY": self.ses.key},
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
