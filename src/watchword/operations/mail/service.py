"""Mail: send a test letter, look after suppressions, and show what letters say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Message
from watchword.kernel.parts import service
from watchword.operations.mail.rules import (
    LETTER,
    CarrierStatus,
    LetterTemplate,
    Trial,
    carrier_status,
    facts_of,
    judge,
    known,
    template_of,
)
from watchword.plumbing.carriers.carrier import Try, TryResult
from watchword.plumbing.carriers.failover import Handover
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.ports import Database
from watchword.plumbing.letters.forms import find_form
from watchword.plumbing.letters.overrides import Fault, read_overrides
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.ports import Leaving, Postbook
from watchword.plumbing.settings import MailSettings
from watchword.plumbing.words.dates import moment
from watchword.plumbing.work.sending import NO_CARRIER
from watchword.records.dispatches.rules import MAIL, Rates
from watchword.records.dispatches.service import Dispatches
from watchword.records.suppressions.rules import OPERATOR, Suppression, SuppressionReason, first
from watchword.records.suppressions.service import Suppressions


class OpenLetters(Protocol):
    """Opens the letters as the settings have them: only `app` knows all slices, so it is handed."""

    def __call__(self) -> Letters:
        """Return them."""
        ...


def templates_of(letters: Letters) -> list[LetterTemplate]:
    """Return what every letter is made from."""
    own = letters.overrides
    return [
        template_of(form, [language for template, language in own if template == form.template])
        for form in letters.forms.values()
    ]


def render(letters: Letters, name: str, language: str, told: Mapping[str, str]) -> Message:
    """Write a letter with its sample's facts, or others. Problem: `invalid_input`."""
    form = find_form(letters.forms, name)
    return letters.write(
        template=form.template,
        language=language,
        facts=facts_of(form, told),
        to="reader@example.org",
        sender="sender@example.org",
        message_id="<sample@example.org>",
    )


def check(letters: Letters, folder: Path | None) -> Sequence[Fault]:
    """Return what is wrong with the operator's words, those in use or those in a folder."""
    return letters.faults if folder is None else read_overrides(folder, letters.forms)[1]


@service
class Mail:
    """What operators do with mail."""

    database: Database
    carriers: Mailing
    letters: Letters
    postbook: Postbook
    dispatches: Dispatches
    suppressions: Suppressions
    metrics: Metrics
    settings: MailSettings
    clock: Clock
    chance: Chance

    async def try_out(self, to: str, language: str, carrier: str | None = None) -> Trial:
        """Send a test letter now, by the carriers in their order or by one. Problem: `invalid_input`.

        A suppressed address gets none: that is what becomes of every other letter, too.
        """
        address = email_address(to, "to")
        only = known(carrier, self.carriers.names) if carrier else None
        now = self.clock.now()
        letter = mint(now, self.chance)
        message = self.letters.write(
            template=LETTER,
            language=language,
            facts={"at": moment(now, language)},
            to=address.text,
            sender=self.settings.sender,
            message_id=f"<{letter}@{self.settings.sender_domain}>",
        )
        reasons = await self.suppressions.reasons(self.database, address)
        if reasons:
            self.metrics.emails.labels(NO_CARRIER, message.known_as, TryResult.SUPPRESSED).inc()
            tried = Try(carrier=NO_CARRIER, result=TryResult.SUPPRESSED, reason=first(reasons))
            return judge(message.id, Handover(tries=(tried,)))
        handover = await self.carriers.send(message, only)
        await self.postbook.tell(self.database, MAIL, self.carriers.untold.take())
        if handover.sent is not None:
            leaving = Leaving(channel=MAIL, id=letter, to=address.text, template=LETTER)
            await self.postbook.note(self.database, leaving, handover.sent, now)
        return judge(message.id, handover)

    async def status(self) -> list[CarrierStatus]:
        """Return how each carrier is, in their order."""
        standings = await self.carriers.check()
        quotas = await self.carriers.quotas()
        rates = await self.dispatches.rates(self.database, self.clock.now())
        latest = await self.dispatches.latest(self.database, MAIL)
        return [
            carrier_status(
                each,
                quotas[each.carrier],
                rates.get(each.carrier, Rates()),
                latest.get(each.carrier, Latest(carrier=each.carrier)),
            )
            for each in standings
        ]

    async def suppressed(self) -> list[Suppression]:
        """Return the list of suppressions, oldest first."""
        return await self.suppressions.every(self.database)

    async def suppress(self, wanted: Sequence[str], reason: SuppressionReason) -> list[str]:
        """Keep letters from addresses; return those that got them until now. Problem: `invalid_input`."""
        addresses, now = [email_address(each, "address") for each in wanted], self.clock.now()
        async with self.database.transaction() as tx:
            return [
                each.text
                for each in addresses
                if await self.suppressions.add(tx, each, reason, OPERATOR, now)
            ]

    async def releasable(self, wanted: Sequence[str]) -> list[str]:
        """Return those of some addresses that get no letters. Problem: `invalid_input`."""
        addresses = [email_address(each, "address") for each in wanted]
        return [
            each.text for each in addresses if await self.suppressions.reasons(self.database, each)
        ]

    async def release(self, wanted: Sequence[str]) -> list[str]:
        """Let addresses get letters again; return those that got none. Problem: `invalid_input`."""
        addresses, now = [email_address(each, "address") for each in wanted], self.clock.now()
        async with self.database.transaction() as tx:
            return [
                each.text for each in addresses if await self.suppressions.remove(tx, each, now)
            ]
