"""Settings that belong to no slice: the server, its stores, secrets, limits, logs, mail, events and owner.

    server, processors              where this process listens, and how much of the machine it uses
    stores, secrecy, limits, logs   the database and Redis; secrets; how often; what is told
    organisation, letters           whose service this is, and its words
    carrying, smtp, dkim            who carries letters, and how a relay gets them
    providers, texting              who carries letters and texts by HTTPS; whether texts leave at all
    identity_providers              who else may say who somebody is
    managers                        who keeps secrets for us
    retention                       how long data stay
    events                          which are told, and to whom
    parsers                         of what several of these hold

A slice's own settings live in its `rules.py`; all of them are read by `app/settings`.
"""

from watchword.plumbing.settings.carrying import Carrying
from watchword.plumbing.settings.dkim import DkimSettings
from watchword.plumbing.settings.events import (
    AmqpSettings,
    EventSettings,
    EventWebhookSettings,
    KafkaSettings,
)
from watchword.plumbing.settings.identity_providers import (
    GithubSettings,
    GoogleSettings,
    LinkedinSettings,
    OauthSettings,
    OidcSettings,
)
from watchword.plumbing.settings.letters import LetterSettings
from watchword.plumbing.settings.limits import LimitSettings
from watchword.plumbing.settings.logs import LogSettings
from watchword.plumbing.settings.managers import ManagerSettings
from watchword.plumbing.settings.organisation import OrganisationSettings
from watchword.plumbing.settings.providers import (
    MailgunSettings,
    SendgridSettings,
    SesSettings,
    TwilioSettings,
)
from watchword.plumbing.settings.retention import RetentionSettings
from watchword.plumbing.settings.secrecy import SecretSettings
from watchword.plumbing.settings.server import ServerSettings
from watchword.plumbing.settings.smtp import SmtpSettings
from watchword.plumbing.settings.stores import DatabaseSettings, RedisSettings

__all__ = [
    "AmqpSettings",
    "Carrying",
    "DatabaseSettings",
    "DkimSettings",
    "EventSettings",
    "EventWebhookSettings",
    "GithubSettings",
    "GoogleSettings",
    "KafkaSettings",
    "LetterSettings",
    "LimitSettings",
    "LinkedinSettings",
    "LogSettings",
    "MailgunSettings",
    "ManagerSettings",
    "OauthSettings",
    "OidcSettings",
    "OrganisationSettings",
    "RedisSettings",
    "RetentionSettings",
    "SecretSettings",
    "SendgridSettings",
    "ServerSettings",
    "SesSettings",
    "SmtpSettings",
    "TwilioSettings",
]
