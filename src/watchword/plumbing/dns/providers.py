"""Providers: the records that each of them wants of a domain that sends through it.

As their own documentation has them: SendGrid with automated security, Mailgun with a domain of its own,
Amazon SES with Easy DKIM and a custom MAIL FROM, and a relay of SMTP. Each has a return path of its own,
so that none can break another's SPF.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final

from watchword.kernel.addresses import is_loopback
from watchword.plumbing.dns import dmarc, spf
from watchword.plumbing.dns.names import within
from watchword.plumbing.dns.records import Purpose, Record

_REGIONAL_DKIM: Final = {
    "af-south-1",
    "ap-northeast-3",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "il-central-1",
    "me-central-1",
    "us-gov-east-1",
}
_SES_RELAY: Final = re.compile(r"email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com")
_SES_TOKENS: Final = 3
SENDGRID_CONSOLE: Final = "SendGrid: Settings, Sender Authentication, Authenticate Your Domain"
MAILGUN_CONSOLE: Final = "Mailgun: Sending, Domains, DNS records"


class Provider(StrEnum):
    """Who carries mail; in the order in which SPF names them."""

    SENDGRID = "sendgrid"
    MAILGUN = "mailgun"
    SES = "ses"
    SMTP = "smtp"


_INCLUDES: Final = {
    Provider.SENDGRID: "include:sendgrid.net",
    Provider.MAILGUN: "include:mailgun.org",
    Provider.SES: "include:amazonses.com",
}
_OTHER_RELAYS: Final = {
    "smtp.gmail.com": "include:_spf.google.com",
    "smtp-relay.gmail.com": "include:_spf.google.com",
    "smtp.office365.com": "include:spf.protection.outlook.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A domain that sends: its sender's address, who carries its mail, and what their consoles told.

    What is empty is not known yet; `also` and `relay` are mechanisms of SPF.
    """

    domain: str
    address: str
    providers: tuple[Provider, ...]
    mailbox: str
    also: tuple[str, ...] = ()
    sendgrid_account: str = ""
    sendgrid_host: str = ""
    mailgun_domain: str = ""
    mailgun_host: str = "mailgun.org"
    mailgun_selector: str = "k1"
    mailgun_key: str = ""
    ses_region: str = ""
    ses_tokens: tuple[str, ...] = ()
    ses_return: str = ""
    relay_host: str = ""
    relay: tuple[str, ...] = ()
    relay_selector: str = ""
    relay_key: str = ""
    relay_key_kind: str = "rsa"
    dkim_domain: str = ""


def region_of(host: str) -> str:
    """Return the AWS region of a relay of SES; empty for other hosts."""
    found = _SES_RELAY.fullmatch(host)
    return found[1] if found else ""


def behind(host: str) -> Provider:
    """Return whose relay a host is."""
    if host == "smtp.sendgrid.net":
        return Provider.SENDGRID
    if host in {"smtp.mailgun.org", "smtp.eu.mailgun.org"}:
        return Provider.MAILGUN
    return Provider.SES if region_of(host) else Provider.SMTP


def records(sender: Sender, phase: int = 1, *, testing: bool = False) -> tuple[Record, ...]:
    """Return every record that the domain's providers want, and the policy of the phase."""
    makers = {
        Provider.SENDGRID: _of_sendgrid,
        Provider.MAILGUN: _of_mailgun,
        Provider.SES: _of_ses,
        Provider.SMTP: _of_relay,
    }
    found = [_own_spf(sender)]
    for provider in sender.providers:
        found += makers[provider](sender)
    return (*found, *_of_dmarc(sender, phase, testing=testing))


def own_terms(sender: Sender) -> tuple[str, ...]:
    """Return the mechanisms of the domain's own SPF."""
    relay = sender.relay or (_guessed_relay(sender.relay_host),)
    of = {**{provider: (term,) for provider, term in _INCLUDES.items()}, Provider.SMTP: relay}
    terms = [term for provider in sender.providers for term in of[provider]]
    return tuple(dict.fromkeys([*terms, *sender.also]))


def _guessed_relay(host: str) -> str:
    """Guess the mechanism of a relay: its provider's, its address, or the addresses of its name."""
    if behind(host) in _INCLUDES:
        return _INCLUDES[behind(host)]
    if host in _OTHER_RELAYS:
        return _OTHER_RELAYS[host]
    if not host or is_loopback(host):
        return "<relay>"
    try:
        address = ip_address(host)
    except ValueError:
        return f"a:{host.lower()}"
    return f"ip{address.version}:{address}"


def _own_spf(sender: Sender) -> Record:
    return Record(
        name=sender.domain,
        type="TXT",
        value=spf.record(own_terms(sender)),
        purpose=Purpose.SPF,
        hint="give --relay or SMTP_SPF: which addresses the relay sends from, such as ip4:192.0.2.1",
    )


def _of_sendgrid(sender: Sender) -> Iterator[Record]:
    domain = sender.domain
    known = sender.sendgrid_account or "<account>"
    account = f"{known if '.' in known else f'{known}.wl'}.sendgrid.net"
    common: dict[str, Any] = {"type": "CNAME", "provider": Provider.SENDGRID}
    hint = f"give --sendgrid-account and --sendgrid-host ({SENDGRID_CONSOLE})"
    yield Record(
        name=f"{sender.sendgrid_host or '<host>'}.{domain}",
        value=account,
        purpose=Purpose.RETURN_PATH,
        hint=hint,
        **common,
    )
    for selector in ("s1", "s2"):
        yield Record(
            name=f"{selector}._domainkey.{domain}",
            value=f"{selector}.domainkey.{account}",
            purpose=Purpose.DKIM,
            hint=hint,
            **common,
        )
    yield Record(
        name=f"sg._domainkey.{domain}",
        value="sg._domainkey.sendgrid.net",
        purpose=Purpose.DKIM,
        optional=True,
        note="only for accounts whose console shows it (older than s1 and s2)",
        **common,
    )


def _of_mailgun(sender: Sender) -> Iterator[Record]:
    domain = sender.mailgun_domain
    common: dict[str, Any] = {"provider": Provider.MAILGUN}
    if domain != sender.domain:
        yield Record(
            name=domain,
            type="TXT",
            value="v=spf1 include:mailgun.org ~all",
            purpose=Purpose.RETURN_PATH,
            **common,
        )
    yield Record(
        name=f"{sender.mailgun_selector}._domainkey.{domain}",
        type="TXT",
        value=f"k=rsa; p={sender.mailgun_key or '<key>'}",
        purpose=Purpose.DKIM,
        hint=f"give --mailgun-key ({MAILGUN_CONSOLE})",
        **common,
    )
    yield Record(
        name=f"email.{domain}",
        type="CNAME",
        value=sender.mailgun_host,
        purpose=Purpose.TRACKING,
        optional=True,
        note="only for tracking of opens and clicks, which our letters do without",
        **common,
    )
    for host in ("mxa", "mxb"):
        yield Record(
            name=domain,
            type="MX",
            value=f"10 {host}.{sender.mailgun_host}",
            purpose=Purpose.RETURN_PATH,
            optional=True,
            note="only for receiving mail through Mailgun",
            **common,
        )


def _of_ses(sender: Sender) -> Iterator[Record]:
    region, domain = sender.ses_region, sender.domain
    common: dict[str, Any] = {"provider": Provider.SES}
    zone = f"dkim.{region}.amazonses.com" if region in _REGIONAL_DKIM else "dkim.amazonses.com"
    for number in range(_SES_TOKENS):
        token = dict(enumerate(sender.ses_tokens)).get(number, f"<token {'abc'[number]}>")
        yield Record(
            name=f"{token}._domainkey.{domain}",
            type="CNAME",
            value=f"{token}.{zone}",
            purpose=Purpose.DKIM,
            hint="give --ses-token three times (aws sesv2 get-email-identity shows them)",
            **common,
        )
    yield Record(
        name=sender.ses_return,
        type="MX",
        value=f"10 feedback-smtp.{region or '<region>'}.amazonses.com",
        purpose=Purpose.RETURN_PATH,
        hint="give --ses-region: the AWS region that sends",
        alone=True,
        **common,
    )
    yield Record(
        name=sender.ses_return,
        type="TXT",
        value="v=spf1 include:amazonses.com ~all",
        purpose=Purpose.RETURN_PATH,
        **common,
    )


def _of_relay(sender: Sender) -> Iterator[Record]:
    if sender.relay_selector:
        yield Record(
            name=f"{sender.relay_selector}._domainkey.{sender.dkim_domain or sender.domain}",
            type="TXT",
            value=f"v=DKIM1; k={sender.relay_key_kind}; p={sender.relay_key or '<key>'}",
            purpose=Purpose.DKIM,
            provider=Provider.SMTP,
            hint="give SMTP_DKIM_KEY: the public key that the relay signs with",
        )


def _of_dmarc(sender: Sender, phase: int, *, testing: bool) -> Iterator[Record]:
    policy = dmarc.record(phase, sender.mailbox, testing=testing)
    yield Record(name=f"_dmarc.{sender.domain}", type="TXT", value=policy, purpose=Purpose.DMARC)
    reports = sender.mailbox.rpartition("@")[2]
    if not within(reports, sender.domain) and not within(sender.domain, reports):
        yield Record(
            name=f"{sender.domain}._report._dmarc.{reports}",
            type="TXT",
            value="v=DMARC1;",
            purpose=Purpose.REPORTS,
            ours=False,
            note=f"published by who runs {reports}, to say that it takes our reports",
        )
