"""Mail: send a test letter, look after the queue, and show what letters say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Message
from watchword.kernel.parts import service
from watchword.kernel.times import moment
from watchword.operations.mail.rules import (
    LETTER,
    MOST,
    Shape,
    Trial,
    facts_of,
    judge,
    known,
    shape_of,
)
from watchword.plumbing.carriers import Carriers
from watchword.plumbing.contact import email_address
from watchword.plumbing.db import outbox
from watchword.plumbing.db.outbox import Kept
from watchword.plumbing.db.ports import Database
from watchword.plumbing.letter_forms import find_form
from watchword.plumbing.letter_overrides import Fault, read_overrides
from watchword.plumbing.letters import Letters
from watchword.records.deliveries.rules import KIND, MailSettings


class OpenLetters(Protocol):
    """Opens the letters as the settings have them: only `app` knows all slices, so it is handed."""

    def __call__(self) -> Letters:
        """Return them."""
        ...


def shapes(letters: Letters) -> list[Shape]:
    """Return what every letter is made from."""
    own = letters.overrides
    return [
        shape_of(form, [language for template, language in own if template == form.template])
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
    carriers: Carriers
    letters: Letters
    settings: MailSettings
    clock: Clock
    chance: Chance

    async def try_out(self, to: str, language: str, carrier: str | None = None) -> Trial:
        """Send a test letter now, by the carriers in their order or by one. Problem: `invalid_input`."""
        address = email_address(to, "to").text
        only = known(carrier, self.carriers.names) if carrier else None
        now = self.clock.now()
        message = self.letters.write(
            template=LETTER,
            language=language,
            facts={"at": moment(now)},
            to=address,
            sender=self.settings.sender,
            message_id=f"<{mint(now, self.chance)}@{self.settings.sender_domain}>",
        )
        return judge(message.id, await self.carriers.send(message, only))

    async def queue(self, *, dead_only: bool = False) -> list[Kept]:
        """Return what waits and what was given up, oldest first."""
        found = await outbox.kept(self.database, KIND, self.clock.now(), MOST)
        return [work for work in found if not dead_only or work.state == outbox.DEAD]

    async def depths(self) -> tuple[int, int]:
        """Return how much waits, and how much was given up."""
        waiting = await outbox.depth(self.database, KIND)
        return waiting, await outbox.dead_depth(self.database, KIND)

    async def retry(self, wanted: Sequence[UUID]) -> list[UUID]:
        """Make letters due now, with all their tries before them; return those that are."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            return [each for each in wanted if await outbox.revive(tx, KIND, each, now)]

    async def drop(self, wanted: Sequence[UUID]) -> list[UUID]:
        """Wipe letters that shall never leave; return those that are."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            return [each for each in wanted if await outbox.drop(tx, KIND, each, now)]
