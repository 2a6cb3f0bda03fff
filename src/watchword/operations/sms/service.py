"""Texts: send one to see whether it arrives."""

from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ids import mint
from watchword.kernel.messages import Text
from watchword.kernel.parts import service
from watchword.plumbing.carriers import Try
from watchword.plumbing.contact import PhoneSettings, described, phone_number
from watchword.plumbing.languages import Words
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.texting import Texting


@service
class Sms:
    """What operators do with texts."""

    texting: Texting
    words: Words
    organisation: Organisation
    phones: PhoneSettings
    clock: Clock
    chance: Chance

    async def try_out(self, to: str, language: str) -> Try:
        """Send a test text now. Problem: `invalid_input`."""
        number = phone_number(to, self.phones.default_country, "to")
        text = Text(
            id=str(mint(self.clock.now(), self.chance)),
            to=number,
            body=self.words.say(language, "texts.test.body", org=self.organisation.name),
            template="sms/test",
            language=language,
            country=described(number).country,
        )
        return (await self.texting.send(text)).tries[-1]
