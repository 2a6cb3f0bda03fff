"""Which records each provider wants of the sender's domain; settings that only consoles know."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final, TypeVar

from watchword.kernel.parsing import duration, listed, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.dns import dmarc, spf
from watchword.plumbing.dns.names import domain_name, readable, within
from watchword.plumbing.dns.providers import (
    MAILGUN_CONSOLE,
    SENDGRID_CONSOLE,
    Provider,
    Sender,
    behind,
    own_terms,
    region_of,
)
from watchword.plumbing.dns.records import FAILING, Comparison, Mark
from watchword.plumbing.settings import Carrying, DkimSettings, MailSettings
from watchword.plumbing.settings.mail import AT_HOME, RELAYS
from watchword.plumbing.settings.parsers import dns_name

Read = TypeVar("Read")
ACCOUNT_DIGITS: Final = 12
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def servers(text: str) -> tuple[tuple[str, int], ...]:
    """Read addresses of resolvers: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`."""
    return tuple(_server(each) for each in listed(text))


def _server(text: str) -> tuple[str, int]:
    match = re.fullmatch(
        r"\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?|([0-9.]+)(?::(\d{1,5}))?|([0-9a-fA-F:.]+)", text
    )
    try:
        host, port = (match[1] or match[3] or match[5], match[2] or match[4]) if match else ("", "")
        return str(ip_address(host)), whole(1, 65535)(port or "53")
    except ValueError:
        message = "write addresses of resolvers, such as 192.0.2.1 or 192.0.2.1:5353"
        raise ValueError(message) from None


def _mechanisms(text: str) -> tuple[str, ...]:
    """Read mechanisms of SPF: `include:_spf.example.net ip4:192.0.2.1`."""
    return tuple(_mechanism(word) for word in text.replace(",", " ").split())


def _mechanism(word: str) -> str:
    read = spf.term(word)
    if read.modifier or read.name == "all":
        message = f"`{word}` is no mechanism that lets somebody send"
        raise ValueError(message)
    return read.text


def _label(text: str) -> str:
    """Read one part of a name, or what stands before a provider's domain."""
    bare = text.strip().lower().removesuffix(".sendgrid.net")
    if text and not all(_LABEL.fullmatch(part) for part in bare.split(".")):
        message = "write letters, digits and hyphens, as the provider's console shows them"
        raise ValueError(message)
    return bare


def _labels(text: str) -> tuple[str, ...]:
    return tuple(_label(each) for each in listed(text))


def _key(text: str) -> str:
    """Read a public key: base64 alone, or the whole text of the record."""
    found = re.search(r"p\s*=\s*([A-Za-z0-9+/=\s]+)", text)
    bare = "".join((found[1] if found else text).replace('"', "").split())
    if not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", bare):
        message = "write the public key in base64, as the provider's console shows it"
        raise ValueError(message)
    return bare


def _mailbox(text: str) -> str:
    """Read a mailbox, its domain as the DNS writes it."""
    local, _, domain = text.strip().rpartition("@")
    if text and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+", local):
        message = "write a mailbox such as dmarc@example.org"
        raise ValueError(message)
    return f"{local}@{domain_name(domain)}" if text else ""


@section
class SenderDomainSettings:
    """The sender's domain in the DNS."""

    resolvers: tuple[tuple[str, int], ...] = setting(
        "DNS_RESOLVER",
        "Addresses of the resolvers that `watchword dns check` asks; empty is the system's.",
        parse=servers,
        default="",
    )
    patience: timedelta = setting(
        "DNS_TIMEOUT", "How long a look-up may take.", parse=duration, default="5s"
    )
    also: tuple[str, ...] = setting(
        "SPF_ALSO",
        "Mechanisms of SPF for others who send for the domain, such as include:_spf.example.net.",
        parse=_mechanisms,
        default="",
    )
    reports: str = setting(
        "DMARC_REPORTS_TO",
        "The mailbox for DMARC reports; empty is dmarc@ the sender's domain.",
        parse=_mailbox,
        default="",
    )
    sendgrid_account: str = setting(
        "SENDGRID_DNS_ACCOUNT",
        "What stands before .sendgrid.net in SendGrid's records: u12345.wl; u12345 alone will do.",
        parse=_label,
        default="",
    )
    sendgrid_host: str = setting(
        "SENDGRID_DNS_HOST",
        "SendGrid's return path below our domain: em1234.",
        parse=_label,
        default="",
    )
    ses_tokens: tuple[str, ...] = setting(
        "SES_DKIM_TOKENS", "The three tokens of Easy DKIM.", parse=_labels, default=""
    )
    ses_return: str = setting(
        "SES_MAIL_FROM_DOMAIN",
        "SES's return path (custom MAIL FROM); empty is bounce. before our domain.",
        parse=dns_name,
        default="",
    )
    mailgun_selector: str = setting(
        "MAILGUN_DKIM_SELECTOR", "Mailgun's DKIM selector.", parse=_label, default="k1"
    )
    mailgun_key: str = setting(
        "MAILGUN_DKIM_KEY", "Mailgun's public DKIM key.", parse=_key, default=""
    )
    relay: tuple[str, ...] = setting(
        "SMTP_SPF",
        "Mechanisms of SPF for the relay at SMTP_HOST, as its provider names them; empty guesses.",
        parse=_mechanisms,
        default="",
    )
    relay_selector: str = setting(
        "SMTP_DKIM_SELECTOR",
        "The DKIM selector that the relay signs with.",
        parse=_label,
        default="",
    )
    relay_key: str = setting(
        "SMTP_DKIM_KEY", "The relay's public DKIM key.", parse=_key, default=""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the operator said on the command line; empty leaves it to the settings."""

    domain: str = ""
    providers: tuple[Provider, ...] = ()
    sendgrid_account: str = ""
    sendgrid_host: str = ""
    mailgun_domain: str = ""
    mailgun_key: str = ""
    ses_region: str = ""
    ses_tokens: tuple[str, ...] = ()
    relay: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What the settings tell of those who carry the mail; empty is not known."""

    providers: tuple[Provider, ...] = ()
    relay_host: str = ""
    ses_region: str = ""
    mailgun_domain: str = ""
    mailgun_host: str = "mailgun.org"
    relay_selector: str = ""
    relay_key: str = ""
    relay_key_kind: str = "rsa"
    dkim_domain: str = ""


def carried_by(carrying: Carrying, dkim: DkimSettings) -> Carried:
    """Tell who carries the mail, from the settings; what we sign ourselves counts as the relay's."""
    kind, key = dkim.public if dkim.signs else ("rsa", "")
    by_relay = [name for name in carrying.names if name in RELAYS]
    by_api = [Provider(name) for name in carrying.names if name not in {*RELAYS, *AT_HOME}]
    host = carrying.relay(by_relay[0]).host if by_relay else carrying.smtp.host
    providers = (*by_api, *((behind(host),) if by_relay else ()))
    region = carrying.aws.region if Provider.SES in providers else ""
    return Carried(
        providers=providers,
        relay_host=host,
        ses_region=region_of(host) or region,
        mailgun_domain=carrying.mailgun.domain,
        mailgun_host="eu.mailgun.org" if "//api.eu." in carrying.mailgun.url else "mailgun.org",
        relay_selector=dkim.selector if dkim.signs else "",
        relay_key=key,
        relay_key_kind=kind,
        dkim_domain=dkim.domain,
    )


def sender_of(
    given: Given, known: SenderDomainSettings, mail: MailSettings, carried: Carried
) -> Sender:
    """Put together who sends, from options and settings. Problem: `invalid_input`."""
    domain = _domain_of(given, mail)
    local, _, own = mail.sender.rpartition("<")[2].rstrip(">").rpartition("@")
    providers = given.providers or carried.providers
    if not providers:
        raise _refused("provider", "Say who carries the mail: --provider, or SMTP_HOST.")
    sender = Sender(
        domain=domain,
        address=f"{local if _is(own, domain) else 'noreply'}@{domain}",
        providers=tuple(each for each in Provider if each in providers),
        mailbox=known.reports or f"dmarc@{domain}",
        also=known.also,
        sendgrid_account=_taken("sendgrid-account", _label, given.sendgrid_account)
        or known.sendgrid_account,
        sendgrid_host=_taken("sendgrid-host", _label, given.sendgrid_host).removesuffix(
            f".{domain}"
        )
        or known.sendgrid_host,
        mailgun_domain=_taken("mailgun-domain", dns_name, given.mailgun_domain)
        or carried.mailgun_domain
        or f"mg.{domain}",
        mailgun_host=carried.mailgun_host,
        mailgun_selector=known.mailgun_selector,
        mailgun_key=_taken("mailgun-key", _key, given.mailgun_key) or known.mailgun_key,
        ses_region=_taken("ses-region", _label, given.ses_region) or carried.ses_region,
        ses_tokens=_taken("ses-token", _labels, ",".join(given.ses_tokens)) or known.ses_tokens,
        ses_return=known.ses_return or f"bounce.{domain}",
        relay_host=carried.relay_host,
        relay=_taken("relay", _mechanisms, given.relay) or known.relay,
        relay_selector=known.relay_selector or carried.relay_selector,
        relay_key=known.relay_key or carried.relay_key,
        relay_key_kind="rsa" if known.relay_key else carried.relay_key_kind,
        dkim_domain="" if known.relay_selector else carried.dkim_domain,
    )
    clash = clashes(sender)
    if clash:
        raise _refused("provider", clash)
    return sender


def _domain_of(given: Given, mail: MailSettings) -> str:
    if given.domain:
        return _taken("domain", domain_name, given.domain)
    if mail.sender_domain == "localhost":
        raise _refused("domain", "Say which domain sends: --domain, or EMAIL_FROM.")
    return _taken("EMAIL_FROM", domain_name, mail.sender_domain)


def _is(name: str, domain: str) -> bool:
    """Tell whether a name, as people write it, is the domain."""
    try:
        return domain_name(name) == domain
    except ValueError:
        return False


def _taken(option: str, parse: Callable[[str], Read], text: str) -> Read:
    """Read an option. Problem: `invalid_input` naming it."""
    try:
        return parse(text)
    except ValueError as fault:
        raise _refused(option, f"{fault}.") from None


def _refused(field: str, sentence: str) -> InputInvalid:
    return InputInvalid(errors=[FieldError(field, "invalid", sentence)])


def wrong(found: Iterable[Comparison]) -> bool:
    """Tell whether something is not as it should be."""
    return any(each.state in FAILING for each in found)


def untold(found: Iterable[Comparison]) -> bool:
    """Tell whether nobody could tell of some record."""
    return any(each.state is Mark.UNANSWERED for each in found)


def clashes(sender: Sender) -> str:
    """Say which providers would share a return path; empty when none do."""
    link = sender.sendgrid_host
    paths = {
        Provider.SENDGRID: f"{link}.{sender.domain}" if link else "",
        Provider.MAILGUN: sender.mailgun_domain,
        Provider.SES: sender.ses_return,
    }
    seen: dict[str, Provider] = {}
    for provider, path in paths.items():
        if provider not in sender.providers or not path:
            continue
        if not within(path, sender.domain):
            return f"{path} of {provider} is not below {sender.domain}: DMARC would not count it"
        if path in seen:
            return f"{seen[path]} and {provider} would both send under {path}: give each its own"
        seen[path] = provider
    if Provider.SES in sender.providers and sender.ses_return == sender.domain:
        return f"SES needs a return path below {sender.domain}: see SES_MAIL_FROM_DOMAIN"
    return ""


def steps(sender: Sender) -> Iterator[str]:
    """Say what is to be done at the providers, before and after the records stand."""
    domain, region = sender.domain, sender.ses_region or "<region>"
    if Provider.SENDGRID in sender.providers:
        yield f"{SENDGRID_CONSOLE}: {domain}; publish its records, then Verify"
    if Provider.MAILGUN in sender.providers:
        yield f"{MAILGUN_CONSOLE}: add {sender.mailgun_domain}; publish its records, then Verify"
    if Provider.SES in sender.providers:
        aws = f"aws --region {region} sesv2"
        yield f"{aws} create-email-identity --email-identity {domain}"
        yield f"{aws} create-email-identity --email-identity {sender.address}"
        yield (
            f"{aws} put-email-identity-mail-from-attributes --email-identity {domain} "
            f"--mail-from-domain {sender.ses_return}"
        )
        yield (
            f"{aws} get-email-identity --email-identity {domain} "
            "--query '[VerifiedForSendingStatus, DkimAttributes.Tokens]'"
        )
    if Provider.SMTP in sender.providers and not sender.relay_selector:
        yield (
            "Relay: let it sign with DKIM, and give SMTP_DKIM_SELECTOR, so that the check can see it; or"
            " give EMAIL_DKIM_SELECTOR and EMAIL_DKIM_PRIVATE_KEY, and letters are signed here"
        )


def notes(sender: Sender, phase: int) -> Iterator[str]:
    """Say what is worth knowing about these records."""
    count = spf.direct_lookups(spf.Spf(tuple(map(_read, own_terms(sender)))))
    yield (
        f"SPF: {count} of {spf.MOST_LOOKUPS} look-ups, and what they lead to; "
        "`watchword dns check` counts them all"
    )
    yield f"DMARC phase {phase} of 3 ({dmarc.PHASES[phase]}); the same as RFC 7489 had it:"
    yield f"  {dmarc.older_record(phase, sender.mailbox)}"
    if phase > 1:
        yield "  `pct` was removed by RFC 9989: newer receivers pass over it; --testing says t=y"
    yield "  `ruf` asks for copies of single letters, which quote people: leave it out if you can"
    if readable(sender.domain) != sender.domain:
        yield f"{sender.domain} is {readable(sender.domain)}"


def _read(text: str) -> spf.Term:
    """Read a mechanism of ours; a slot counts as an address, which takes no look-up."""
    return spf.term("ip4:192.0.2.1" if text.startswith("<") else text)


def ses_policy(sender: Sender, account: str) -> dict[str, Any]:
    """Return the least that a role needs: to send as this sender, and to see its own quota."""
    region = sender.ses_region
    partition = "aws-us-gov" if "-gov-" in region else "aws-cn" if region[:3] == "cn-" else "aws"
    stem = f"arn:{partition}:ses:{region}:{account}:identity"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "SendAsOurSender",
                "Effect": "Allow",
                "Action": ["ses:SendEmail", "ses:SendRawEmail"],
                "Resource": [f"{stem}/{sender.domain}", f"{stem}/{sender.address}"],
                "Condition": {"StringEquals": {"ses:FromAddress": sender.address}},
            },
            {
                "Sid": "SeeOurQuota",
                "Effect": "Allow",
                "Action": ["ses:GetSendQuota", "ses:GetSendStatistics"],
                "Resource": "*",
            },
        ],
    }
