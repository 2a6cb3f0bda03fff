"""Settings that belong to no slice: the server, its stores, secrets, limits, logs, mail, events and owner.

    server, processors              where this process listens, and how much of the machine it uses
    stores, secrecy, limits, logs   the database and Redis; secrets; how often; what is told
    organisation, letters           whose service this is, and its words
    mail, carrying, smtp, dkim      who sends letters, who carries them, and how a relay gets them
    providers, texting              who carries letters and texts by HTTPS; texts, and whether they leave
    choice                          which carriers of either kind, and what each still wants
    identity_providers              who else may say who somebody is
    managers, aws                   who keeps secrets for us, and as whom AWS knows us
    retention                       how long data stay
    events                          which are told, and to whom
    parsers, hosts, tls             what several of these hold

A slice's own settings live in its `rules.py`; all of them are read by `app/settings`.
"""

from watchword.plumbing.settings.aws import AwsSettings, RoleSettings
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
from watchword.plumbing.settings.mail import MailSettings
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
from watchword.plumbing.settings.texting import TextCarrying, TextSettings

__all__ = [
    "AmqpSettings",
    "AwsSettings",
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
    "MailSettings",
    "MailgunSettings",
    "ManagerSettings",
    "OauthSettings",
    "OidcSettings",
    "OrganisationSettings",
    "RedisSettings",
    "RetentionSettings",
    "RoleSettings",
    "SecretSettings",
    "SendgridSettings",
    "ServerSettings",
    "SesSettings",
    "SmtpSettings",
    "TextCarrying",
    "TextSettings",
    "TwilioSettings",
]
