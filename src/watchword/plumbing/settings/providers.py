"""Providers that take letters and texts by HTTPS: who we are there, and where they are.

Base addresses are told for other regions (SendGrid and Mailgun have one in Europe) and for tests.
"""

import re
from base64 import b64decode
from collections.abc import Mapping

from watchword.kernel.parsing import listed
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import web_address

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_TEMPLATE = re.compile(r"d-[0-9a-f]{32}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,64}")
SENDER = re.compile(r"\+[1-9][0-9]{2,14}|MG[0-9a-fA-F]{32}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_TOPIC = re.compile(r"arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")


def _matching(pattern: re.Pattern[str], sentence: str, text: str) -> str:
    if text and not pattern.fullmatch(text):
        raise ValueError(sentence)
    return text


def _domain(text: str) -> str:
    return _matching(_DOMAIN, "write a domain such as mg.example.org", text.strip().lower())


def _template(text: str) -> str:
    return _matching(_TEMPLATE, "write d- and 32 hexadecimal digits", text.strip())


def _account(text: str) -> str:
    return _matching(
        _ACCOUNT, "write the account's SID: AC and 32 hexadecimal digits", text.strip()
    )


def _sender(text: str) -> str:
    sentence = "write a number (+15005550006), a name of 11 letters at most, or a service (MG...)"
    return _matching(SENDER, sentence, text.strip())


def _public_key(text: str) -> str:
    """Read a public key of ECDSA, as SendGrid shows it: DER in base64."""
    key = "".join(text.split())
    if key and not _is_public_key(key):
        message = "write the verification key as SendGrid shows it: base64, on one line"
        raise ValueError(message)
    return key


def _is_public_key(text: str) -> bool:
    # Few processes have a webhook of SendGrid's, and the rest need no ciphers for their settings.
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415
        EllipticCurvePublicKey,
    )
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except ValueError:
        return False
    return isinstance(key, EllipticCurvePublicKey)


def _topics(text: str) -> frozenset[str]:
    found = frozenset(listed(text))
    if not all(_TOPIC.fullmatch(topic) for topic in found):
        message = "write ARNs such as arn:aws:sns:eu-west-1:123456789012:mail, separated by commas"
        raise ValueError(message)
    return found


@section
class SendgridSettings:
    """SendGrid."""

    key: Secret = setting(
        "SENDGRID_API_KEY",
        "Our key there; one that may only send mail is enough.",
        parse=Secret,
        default="",
        secret=True,
    )
    url: str = setting(
        "SENDGRID_API_URL",
        "Where it is; https://api.eu.sendgrid.com in Europe.",
        parse=web_address,
        default="https://api.sendgrid.com",
    )
    otp_verification: str = setting(
        "SENDGRID_TEMPLATE_OTP_VERIFICATION",
        "Its dynamic template for codes to sign in; empty sends our own letter.",
        parse=_template,
        default="",
    )
    appointment_summary: str = setting(
        "SENDGRID_TEMPLATE_APPOINTMENT_SUMMARY",
        "Its dynamic template for summaries of appointments; empty sends our own letter.",
        parse=_template,
        default="",
    )

    webhook_key: str = setting(
        "SENDGRID_WEBHOOK_PUBLIC_KEY",
        "The verification key of its event webhook, in base64; empty: no webhook.",
        parse=_public_key,
        default="",
    )

    @property
    def templates(self) -> Mapping[str, str]:
        """Return the ids of its templates by the names of kinds of letters."""
        named = {
            "otp_verification": self.otp_verification,
            "appointment_summary": self.appointment_summary,
        }
        return {name: template for name, template in named.items() if template}


@section
class SesSettings:
    """Amazon SES."""

    given_url: str = setting(
        "SES_API_URL",
        "Where it is; empty is where AWS has it in AWS_REGION.",
        parse=web_address,
        default="",
    )
    topics: frozenset[str] = setting(
        "SES_SNS_TOPICS",
        "Topics of SNS that tell of bounces and complaints, by their ARNs; empty: no webhook.",
        parse=_topics,
        default="",
    )

    def url(self, region: str) -> str:
        """Return where it is."""
        return self.given_url or f"https://email.{region}.amazonaws.com"


@section
class MailgunSettings:
    """Mailgun."""

    key: Secret = setting(
        "MAILGUN_API_KEY",
        "Our key there; one that may only send is enough.",
        parse=Secret,
        default="",
        secret=True,
    )
    domain: str = setting(
        "MAILGUN_DOMAIN", "The domain we send from there.", parse=_domain, default=""
    )
    url: str = setting(
        "MAILGUN_API_URL",
        "Where it is; https://api.eu.mailgun.net/v3 in Europe.",
        parse=web_address,
        default="https://api.mailgun.net/v3",
    )
    signing_key: Secret = setting(
        "MAILGUN_WEBHOOK_SIGNING_KEY",
        "The key that it signs its webhooks with; empty: no webhooks.",
        parse=Secret,
        default="",
        secret=True,
    )


@section
class TwilioSettings:
    """Twilio, which carries texts to telephones."""

    account: str = setting(
        "TWILIO_SID",
        "The SID of our account there.",
        parse=_account,
        default="",
        aliases=("TWILIO_ACCOUNT_SID",),
    )
    token: Secret = setting(
        "TWILIO_TOKEN",
        "The token of that account.",
        parse=Secret,
        default="",
        aliases=("TWILIO_AUTH_TOKEN",),
        secret=True,
    )
    sender: str = setting(
        "TWILIO_PHONE",
        "Who texts come from: a number, a name, or a messaging service (MG...).",
        parse=_sender,
        default="",
    )
    url: str = setting(
        "TWILIO_API_URL", "Where it is.", parse=web_address, default="https://api.twilio.com"
    )

    @property
    def complete(self) -> bool:
        """Tell whether texts can be sent."""
        return bool(self.account and self.token and self.sender)
