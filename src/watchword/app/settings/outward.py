"""Outward: the settings that lead beyond this machine, with which nothing is taken for a development."""

from urllib.parse import urlsplit

from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.settings import (
    AmqpSettings,
    Carrying,
    DatabaseSettings,
    EventWebhookSettings,
    KafkaSettings,
    ManagerSettings,
    RedisSettings,
    ServerSettings,
    TwilioSettings,
)
from watchword.plumbing.settings.mail import AT_HOME
from watchword.plumbing.settings.managers import AWS, VAULT
from watchword.records.signals.rules import SignalSettings


def outward(settings: Settings) -> tuple[str, ...]:
    """Return the names of those that were given: addresses, stores, TLS, proxies, carriers, events."""
    server = settings.section(ServerSettings)
    signs = {
        "PUBLIC_BASE_URL": _leads_away(server.given_public_url),
        "FRONTEND_URL": settings.given("FRONTEND_URL") and _leads_away(server.frontend_url),
        "DATABASE_URL": not settings.section(DatabaseSettings).url.startswith("sqlite:"),
        "REDIS_URL": bool(settings.section(RedisSettings).url),
        "REDIS_CACHE_URL": bool(settings.section(RedisSettings).cache_url),
        "HTTPS": server.https,
        "SSL_CERT_PATH": bool(server.ssl_cert_path),
        "TRUSTED_PROXIES": bool(server.trusted_proxies),
        "EMAIL_SERVICE": not set(Carrying.of(settings.section).names) <= set(AT_HOME),
        "SIRA_ENABLED": settings.section(SignalSettings).enabled,
        "KAFKA_ENABLED": settings.section(KafkaSettings).enabled,
        "AMQP_ENABLED": settings.section(AmqpSettings).enabled,
        "EVENTS_WEBHOOKS": bool(settings.section(EventWebhookSettings).urls),
        "SECRETS_PROVIDER": settings.section(ManagerSettings).provider in {VAULT, AWS},
        "TWILIO_SID": bool(settings.section(TwilioSettings).account),
    }
    return tuple(name for name, leads in signs.items() if leads)


def _leads_away(url: str) -> bool:
    return bool(url) and not is_loopback(urlsplit(url).hostname or "")
