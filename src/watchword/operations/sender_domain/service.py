"""The sender's domain: who sends, what that wants of the DNS, and what the DNS holds."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from watchword.kernel.problems import Problem
from watchword.operations.sender_domain import rules
from watchword.operations.sender_domain.rules import Carried, Given, SenderDomainSettings
from watchword.plumbing.commands.reading import Sections
from watchword.plumbing.dns import providers
from watchword.plumbing.dns.comparing import compare
from watchword.plumbing.dns.providers import Sender
from watchword.plumbing.dns.records import FAILING, Comparison, Mark
from watchword.plumbing.dns.resolver import Address, ExtraMissing, live
from watchword.plumbing.dns.zone import Zone
from watchword.plumbing.probes import Step
from watchword.plumbing.settings import (
    Carrying,
    DkimSettings,
    MailSettings,
)

NOT_WELL = FAILING | {Mark.UNANSWERED}


def sender(given: Given, sections: Sections | None) -> Sender:
    """Tell who sends; without settings, what was given must do. Problem: `invalid_input`."""
    if sections is None:
        return rules.sender_of(given, SenderDomainSettings(), MailSettings(), Carried())
    known, mail = sections.section(SenderDomainSettings), sections.section(MailSettings)
    return rules.sender_of(given, known, mail, carried(sections))


def carried(sections: Sections) -> Carried:
    """Tell what the settings say of those who carry the mail."""
    return rules.carried_by(
        Carrying.of(sections.section),
        sections.section(DkimSettings),
    )


def zone(
    sections: Sections | None, servers: tuple[Address, ...] = (), patience: timedelta | None = None
) -> Zone:
    """Return the live zone. Problems: `unavailable`, and `ExtraMissing`."""
    known = sections.section(SenderDomainSettings) if sections else SenderDomainSettings()
    return live(servers or known.resolvers, patience or known.patience)


def check(of: Sender, phase: int, look: Zone, *, exact: bool = False) -> list[Comparison]:
    """Compare every record with the zone. Problem: `unavailable`.

    `exact`: a policy that is stricter than the phase is a difference, too.
    """
    wanted = (replace(each, exact=exact) for each in providers.records(of, phase))
    return [compare(look, want, of.domain) for want in wanted]


async def steps(sections: Sections) -> list[Step]:
    """Look at the sender's domain, for the doctor: one step for each record that is not well."""
    if not carried(sections).providers:
        return [Step("letters", good=True, detail="stay on this machine")]

    def look() -> list[Comparison]:
        return check(sender(Given(), sections), 1, zone(sections))

    try:
        found = await asyncio.to_thread(look)
    except ExtraMissing as trouble:
        return [Step("extra", good=False, detail=str(trouble))]
    except Problem as problem:
        told = [error.message for error in problem.errors] or [problem.detail]
        return [Step("DNS", good=False, detail=" ".join(told))]
    bad = [
        Step(f"{each.type} {each.name}", good=False, detail=f"{each.state}: {each.detail}")
        for each in found
        if each.state in NOT_WELL
    ]
    return bad or [Step("records", good=True, detail=f"{len(found)} looked at")]
