"""Texts: send one to see whether it arrives."""

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Text
from watchword.kernel.parts import service
from watchword.plumbing.carriers.carrier import Try
from watchword.plumbing.carriers.texting import Texting
from watchword.plumbing.contact import PhoneSettings, described, phone_number
from watchword.plumbing.db.ports import Database
from watchword.plumbing.ports import Leaving, Postbook
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.words.languages import Words
from watchword.records.dispatches.rules import TEXT


@service
class Sms:
    """What operators do with texts."""

    database: Database
    postbook: Postbook
    texting: Texting
    words: Words
    organisation: Organisation
    phones: PhoneSettings
    clock: Clock
    chance: Chance

    async def try_out(self, to: str, language: str) -> Try:
        """Send a test text now. Problem: `invalid_input`."""
        number = phone_number(to, self.phones.default_country, "to")
        now = self.clock.now()
        text_id = mint(now, self.chance)
        text = Text(
            id=str(text_id),
            to=number,
            body=self.words.say(language, "texts.test.body", org=self.organisation.name),
            template="sms/test",
            language=language,
            country=described(number).country,
        )
        handover = await self.texting.send(text)
        if handover.sent is not None:
            leaving = Leaving(channel=TEXT, id=text_id, to=number, template=text.template)
            await self.postbook.note(self.database, leaving, handover.sent, now)
        return handover.tries[-1]
