"""Texts to telephones: who carries them, what each still wants, where they may go, and whether they leave.

twilio             when SMS_SERVICE is empty and we have an account there
console, mailbox   for development: nobody else gets a text
"""

import re
from collections.abc import Mapping
from typing import Final

from watchword.kernel.parsing import listed, whole
from watchword.kernel.parts import FindSection, section, service, setting
from watchword.plumbing.settings.choice import CarrierChoice
from watchword.plumbing.settings.providers import SENDER, TwilioSettings
from watchword.plumbing.settings.server import DEVELOPMENT, ServerSettings

ORDER: Final = ("twilio",)
AT_HOME: Final = ("console", "mailbox")
_COUNTRY = re.compile(r"[A-Z]{2}")


def text_services(text: str) -> tuple[str, ...]:
    """Read an ordered list of carriers, each once."""
    found, known = listed(text), (*ORDER, *AT_HOME)
    if not set(found) <= set(known) or len(set(found)) < len(found):
        message = "write carriers in the order they are tried: " + ", ".join(known)
        raise ValueError(message)
    return found


def _senders(text: str) -> Mapping[str, str]:
    pairs = [part.partition("=")[::2] for part in listed(text)]
    if not all(_COUNTRY.fullmatch(country) and SENDER.fullmatch(by) for country, by in pairs):
        message = "write COUNTRY=SENDER, several separated by commas: DZ=NOVA,FR=+33600000000"
        raise ValueError(message)
    return dict(pairs)


def _countries(text: str) -> frozenset[str]:
    found = frozenset(word.upper() for word in listed(text))
    if not all(_COUNTRY.fullmatch(country) for country in found):
        message = "write countries by their two letters, separated by commas: DZ,FR"
        raise ValueError(message)
    return found


@section
class TextSettings:
    """Texts to telephones."""

    services: tuple[str, ...] = setting(
        "SMS_SERVICE",
        "Who carries texts, in the order they are tried: twilio, console, mailbox (that of development);"
        " empty is twilio when we have an account there, else the console, in development the mailbox.",
        parse=text_services,
        default="",
    )
    most_tries: int = setting(
        "SMS_MAX_TRIES",
        "How often a text is tried before it is dead.",
        parse=whole(1, 20),
        default="5",
    )
    senders: Mapping[str, str] = setting(
        "SMS_SENDERS",
        "Senders of single countries: DZ=NOVA,FR=+33600000000; elsewhere TWILIO_PHONE.",
        parse=_senders,
        default="",
    )
    countries: frozenset[str] = setting(
        "SMS_ALLOWED_COUNTRIES",
        "Countries that texts may go to, by their two letters; empty is everywhere.",
        parse=_countries,
        default="",
    )


@service
class TextCarrying(CarrierChoice):
    """What SMS_SERVICE says, and what each provider was given."""

    order = ORDER
    settings: TextSettings
    twilio: TwilioSettings
    server: ServerSettings

    @classmethod
    def of(cls, section: FindSection) -> "TextCarrying":
        """Return who carries the texts by these settings."""
        return cls(
            settings=section(TextSettings),
            twilio=section(TwilioSettings),
            server=section(ServerSettings),
        )

    @property
    def services(self) -> tuple[str, ...]:
        """Return the carriers that were named."""
        return self.settings.services

    @property
    def here(self) -> str:
        """Return the mailbox in development, else the console."""
        return "mailbox" if self.server.environment == DEVELOPMENT else "console"

    @property
    def abroad(self) -> tuple[str, ...]:
        """Return those of them who carry texts away from this machine."""
        return tuple(name for name in self.names if name not in AT_HOME)

    @property
    def leaves(self) -> bool:
        """Tell whether texts reach anybody; in development they reach the developer."""
        return bool(self.abroad) or self.server.development

    def wanted(self, name: str) -> tuple[str, ...]:
        """Return the settings that a carrier cannot do without."""
        return tuple(self._given(name))

    def _given(self, name: str) -> dict[str, object]:
        twilio = self.twilio
        wanted: dict[str, dict[str, object]] = {
            "twilio": {
                "TWILIO_SID": twilio.account,
                "TWILIO_TOKEN": twilio.token,
                "TWILIO_PHONE": twilio.sender,
            },
        }
        return wanted.get(name, {})
