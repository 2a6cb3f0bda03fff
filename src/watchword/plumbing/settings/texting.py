"""Whether texts to telephones reach anybody."""

from watchword.plumbing.house import House
from watchword.plumbing.settings.providers import TwilioSettings
from watchword.plumbing.settings.server import ServerSettings


def leave(twilio: TwilioSettings, server: ServerSettings) -> bool:
    """Tell whether texts reach anybody; in development they reach the developer."""
    return twilio.complete or server.development


def carried(house: House) -> bool:
    """Tell whether somebody carries texts of this house."""
    return leave(house.part(TwilioSettings), house.part(ServerSettings))
