"""`watchword dns records`, `check` and `ses-policy`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from inspect import Signature, signature
from typing import Annotated, Any, TypeVar

import typer

from watchword.kernel.clock import SystemClock
from watchword.kernel.parsing import duration
from watchword.operations.sender_domain import rules, service
from watchword.operations.sender_domain.rules import Given
from watchword.plumbing.commands import console, reading
from watchword.plumbing.commands.options import AsJson
from watchword.plumbing.dns import dmarc, providers
from watchword.plumbing.dns.providers import Provider, Sender
from watchword.plumbing.dns.records import Record
from watchword.plumbing.dns.resolver import ExtraMissing
from watchword.plumbing.settings import AwsSettings

Result = TypeVar("Result")
group = typer.Typer(
    help="The sender's domain: SPF, DKIM, DMARC; what it wants and what is there.",
    no_args_is_help=True,
)
groups = {"dns": group}

Domain = Annotated[str, typer.Option("--domain", help="The domain; else that of EMAIL_FROM.")]
Carriers = Annotated[
    list[Provider] | None,
    typer.Option("--provider", help="Who carries the mail, each one; else as the settings say."),
]
Phase = Annotated[
    int | None,
    typer.Option(
        "--phase", "--dmarc-phase", min=1, max=3, help="1 monitor, 2 quarantine, 3 reject."
    ),
]
Since = Annotated[
    str, typer.Option("--since", help="The day phase 1 began: two weeks each, by the calendar.")
]
Now = Annotated[str, typer.Option("--now", help="As if it were this day (2026-01-31).")]
SendgridAccount = Annotated[
    str, typer.Option("--sendgrid-account", help="u12345 of u12345.wl.sendgrid.net.")
]
SendgridHost = Annotated[str, typer.Option("--sendgrid-host", help="em1234 of em1234.<domain>.")]
MailgunDomain = Annotated[str, typer.Option("--mailgun-domain", help="Else mg. before the domain.")]
MailgunKey = Annotated[str, typer.Option("--mailgun-key", help="Its public DKIM key.")]
SesRegion = Annotated[str, typer.Option("--ses-region", help="The AWS region that sends.")]
SesTokens = Annotated[
    list[str] | None, typer.Option("--ses-token", help="A token of Easy DKIM; three times.")
]
Relay = Annotated[
    str, typer.Option("--relay", help="Mechanisms of SPF for the relay: ip4:192.0.2.1.")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options that two commands share come to: who sends, and the phase of DMARC."""

    sender: Sender
    sections: reading.Sections | None
    named_phase: int | None

    @property
    def phase(self) -> int:
        """Return the phase that is meant."""
        return self.named_phase or 1


def _asked(
    domain: Domain = "",
    provider: Carriers = None,
    phase: Phase = None,
    since: Since = "",
    now: Now = "",
    sendgrid_account: SendgridAccount = "",
    sendgrid_host: SendgridHost = "",
    mailgun_domain: MailgunDomain = "",
    mailgun_key: MailgunKey = "",
    ses_region: SesRegion = "",
    ses_token: SesTokens = None,
    relay: Relay = "",
) -> Asked:
    given = Given(
        domain=domain,
        providers=tuple(provider or ()),
        sendgrid_account=sendgrid_account,
        sendgrid_host=sendgrid_host,
        mailgun_domain=mailgun_domain,
        mailgun_key=mailgun_key,
        ses_region=ses_region,
        ses_tokens=tuple(ses_token or ()),
        relay=relay,
    )
    sender, sections = _read(given)
    return Asked(sender, sections, _phase(phase, since, now))


def _of_a_sender(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_asked`; it gets what they come to as `asked`."""
    shared = signature(_asked).parameters

    @wraps(command)
    def wrapped(**words: Any) -> None:
        about = {name: words.pop(name) for name in shared}
        command(_asked(**about), **words)

    own = [each for each in signature(command).parameters.values() if each.name != "asked"]
    wrapped.__signature__ = Signature([*shared.values(), *own])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {**_asked.__annotations__, **command.__annotations__}
    del wrapped.__annotations__["asked"]
    return wrapped


@group.command("records", epilog="Example: watchword dns records --provider ses --phase 1")
@_of_a_sender
def records(
    asked: Asked,
    testing: Annotated[
        bool, typer.Option("--testing", help="Ask receivers to act one step milder (t=y).")
    ] = False,
    zone: Annotated[
        bool, typer.Option("--zone", help="Only the records, for a zone file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the records that the sender's domain wants, as lines of a zone file."""
    sender, chosen = asked.sender, asked.phase
    wanted = providers.records(sender, chosen, testing=testing)
    if as_json:
        console.output(_told(sender, chosen, wanted), as_json=True)
    elif zone:
        console.output(None, as_json=False, text=[each.line for each in wanted if each.wanted])
    else:
        console.output(None, as_json=False, text=_page(sender, chosen, wanted))
    lacking = [each for each in wanted if not each.whole]
    if lacking and (zone or as_json):
        console.talk(*(f"left open: {each.type} {each.name}: {each.hint}" for each in lacking))
    if lacking and zone:
        raise typer.Exit(console.Exit.REFUSED)


@group.command("check", epilog="Example: watchword dns check --domain example.org --provider ses")
@_of_a_sender
def check(
    asked: Asked,
    resolver: Annotated[
        str, typer.Option("--resolver", help="Its address and port; else DNS_RESOLVER.")
    ] = "",
    timeout: Annotated[
        str, typer.Option("--timeout", help="How long a look-up may take; else DNS_TIMEOUT.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Compare the live zone with what is wanted; exit 1 when something is missing or wrong.

    A policy that is stricter than the phase is a difference only where a phase was named.
    """
    sender, chosen, sections = asked.sender, asked.phase, asked.sections
    servers = _option("--resolver", rules.servers, resolver)
    patience = _option("--timeout", duration, timeout) if timeout else None
    try:
        found = console.read_or_refuse(
            lambda: service.check(
                sender,
                chosen,
                service.zone(sections, servers, patience),
                exact=asked.named_phase is not None,
            )
        )
    except ExtraMissing as missing:
        raise console.refuse(str(missing)) from missing
    told = {"ok": not rules.wrong(found) and not rules.untold(found), "domain": sender.domain}
    if as_json:
        console.output({**told, "phase": chosen, "records": found}, as_json=True)
    else:
        console.rows(found, ("state", "type", "name", "detail"), as_json=False)
        console.talk(*(f"{each.type} {each.name}: {each.fix}" for each in found if each.fix))
    if rules.wrong(found):
        raise typer.Exit(console.Exit.REFUSED)
    if rules.untold(found):
        raise typer.Exit(console.Exit.UNAVAILABLE)
    console.talk(f"Everything is well with {sender.domain}.")


@group.command("ses-policy", epilog="Example: watchword dns ses-policy --account 123456789012")
def ses_policy(
    account: Annotated[str, typer.Option("--account", help="The AWS account, twelve digits.")],
    region: SesRegion = "",
    domain: Domain = "",
    as_json: AsJson = True,  # noqa: ARG001 - a policy is JSON, also without being said
) -> None:
    """Print the least that an AWS role needs to send as this sender, as an IAM policy."""
    sender, sections = _read(Given(domain=domain, providers=(Provider.SES,), ses_region=region))
    if not sender.ses_region and sections:
        sender = replace(sender, ses_region=sections.section(AwsSettings).region)
    if not (account.isdecimal() and len(account) == rules.ACCOUNT_DIGITS):
        raise console.refuse("--account: write twelve digits.", console.Exit.USAGE)
    if not sender.ses_region:
        raise console.refuse("Say where it sends from: --ses-region.", console.Exit.USAGE)
    console.output(rules.ses_policy(sender, account), as_json=True)


def _read(given: Given) -> tuple[Sender, reading.Sections | None]:
    """Return who sends and the settings, which need not be complete where options say enough."""
    found = reading.read()
    if found.sections is None:
        names = ", ".join(name for name, _ in found.faults)
        console.talk(
            f"Only options count, the settings are refused ({names}): watchword env validate"
        )
    return console.read_or_refuse(lambda: service.sender(given, found.sections)), found.sections


def _phase(phase: int | None, since: str, now: str) -> int | None:
    """Return the phase that was asked for: by its number, or by the day it began."""
    if phase is not None or not since:
        return phase
    began = _option("--since", date.fromisoformat, since)
    today = _option("--now", date.fromisoformat, now) if now else SystemClock().now().date()
    console.talk(
        "The calendar alone is no reason to move on: reports must show that all mail passes."
    )
    return dmarc.phase_by_age(began, today)


def _option(name: str, parse: Callable[[str], Result], text: str) -> Result:
    try:
        return parse(text)
    except ValueError as fault:
        raise console.refuse(f"{name}: {fault}", console.Exit.USAGE) from None


def _page(sender: Sender, phase: int, wanted: tuple[Record, ...]) -> list[str]:
    """Write the records for a person: by provider, with what is to be done and known as comments."""
    lines = [f"; {sender.domain}, mail by {', '.join(sender.providers)}"]
    lines += [f"; {note}" for note in rules.notes(sender, phase)]
    lines += ["; to do:", *(f";   {step}" for step in rules.steps(sender))]
    for each in wanted:
        about = " ".join(filter(None, (each.provider, each.purpose)))
        remark = each.hint if not each.whole else each.note
        lines += ["", f"; {about}{f': {remark}' if remark else ''}"]
        lines.append(each.line if each.whole and each.ours else f"; {each.line}")
    return lines


def _told(sender: Sender, phase: int, wanted: tuple[Record, ...]) -> dict[str, Any]:
    return {
        "domain": sender.domain,
        "providers": sender.providers,
        "phase": phase,
        "records": [
            {
                "name": each.name,
                "type": each.type,
                "value": each.value,
                "provider": each.provider,
                "purpose": each.purpose,
                "optional": each.optional,
                "complete": each.whole,
                "hint": each.hint if not each.whole else each.note,
            }
            for each in wanted
        ],
        "older_dmarc": dmarc.older_record(phase, sender.mailbox),
        "steps": list(rules.steps(sender)),
        "notes": list(rules.notes(sender, phase)),
    }
