"""Settings that belong to no slice: the server, its stores, secrets, limits, logs, mail, events and owner.

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
from watchword.plumbing.settings.letters import LetterSettings
from watchword.plumbing.settings.limits import LimitSettings
from watchword.plumbing.settings.logs import LogSettings
from watchword.plumbing.settings.organisation import OrganisationSettings
from watchword.plumbing.settings.providers import (
    MailgunSettings,
    SendgridSettings,
    SesSettings,
    TwilioSettings,
)
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
    "KafkaSettings",
    "LetterSettings",
    "LimitSettings",
    "LogSettings",
    "MailgunSettings",
    "OrganisationSettings",
    "RedisSettings",
    "SecretSettings",
    "SendgridSettings",
    "ServerSettings",
    "SesSettings",
    "SmtpSettings",
    "TwilioSettings",
]
