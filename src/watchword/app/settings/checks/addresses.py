"""Addresses: where we listen, and under which names people know us."""

from urllib.parse import urlsplit

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.settings import (
    LogSettings,
    MailgunSettings,
    SendgridSettings,
    ServerSettings,
    SesSettings,
    TwilioSettings,
)
from watchword.records.signing_keys.rules import TokenSettings

_LAST_PORT = 65535
_SHORTEST_TOKEN = 16


def listening(settings: Settings, findings: Findings) -> None:
    """Development is for this machine; ports and paths are one each."""
    server = settings.section(ServerSettings)
    if server.development and not is_loopback(server.host) and not server.allow_public_development:
        findings.wrong(
            "HOST",
            f"{server.host} can be reached by others, and {server.environment} is not safe for that:"
            " use 127.0.0.1, or say ALLOW_PUBLIC_DEVELOPMENT=true.",
        )
    if server.metrics_port == server.port:
        findings.wrong("METRICS_PORT", "is the same as PORT: write 0 for that.")
    if server.worker_metrics_port > _LAST_PORT:
        findings.wrong(
            "WORKER_METRICS_PORT", "is none: the port after METRICS_PORT does not exist."
        )
    if server.health_path == server.ready_path:
        findings.wrong("READY_CHECK_PATH", "is the same as HEALTH_CHECK_PATH.")


def public(settings: Settings, findings: Findings) -> None:
    """People reach us by TLS, at an address that is told here and not guessed."""
    server = settings.section(ServerSettings)
    if findings.strict and not server.given_public_url:
        findings.wrong("PUBLIC_BASE_URL", "is missing; links and tokens are built from it.")
    _by_tls("PUBLIC_BASE_URL", server.given_public_url, findings)
    if urlsplit(server.given_public_url).path:
        findings.wrong(
            "PUBLIC_BASE_URL", "has a path: this service takes a host of its own, from its root on."
        )
    _by_tls("FRONTEND_URL", server.frontend_url, findings)
    _by_tls("JWT_ISSUER", settings.section(TokenSettings).issuer, findings)
    for origin in server.cors_origins:
        _by_tls("CORS_ORIGIN", origin, findings)
    if any(network.prefixlen == 0 for network in server.trusted_proxies):
        findings.unsafe(
            "TRUSTED_PROXIES",
            "trusts everybody, who could then come from any address: name your proxies' networks.",
        )
    providers = {
        "SENDGRID_API_URL": settings.section(SendgridSettings).url,
        "SES_API_URL": settings.section(SesSettings).given_url,
        "MAILGUN_API_URL": settings.section(MailgunSettings).url,
        "TWILIO_API_URL": settings.section(TwilioSettings).url,
    }
    for name, url in providers.items():
        _by_tls(name, url, findings)
    if not findings.strict:
        return
    if not server.https:
        findings.warn("HTTPS", "is false: requests that come without TLS are served.")
    elif not server.trusted_proxies and not server.ssl_cert_path:
        findings.warn(
            "TRUSTED_PROXIES",
            "is empty and SSL_CERT_PATH too: no request can prove that it came by TLS, and all will"
            " be refused. Name the proxy that ends TLS.",
        )


def chatter(settings: Settings, findings: Findings) -> None:
    """Who can read what we tell of ourselves."""
    if not findings.strict:
        return
    server = settings.section(ServerSettings)
    if server.metrics_enabled and server.metrics_port is None and not server.metrics_token:
        findings.warn(
            "METRICS_PORT",
            "is 0: /metrics is on the public port; give METRICS_TOKEN, or let the proxy deny it.",
        )
    if server.metrics_token and len(server.metrics_token) < _SHORTEST_TOKEN:
        findings.unsafe(
            "METRICS_TOKEN", f"is too short: use at least {_SHORTEST_TOKEN} characters."
        )
    if not settings.section(LogSettings).audit:
        findings.warn("ENABLE_AUDIT_LOGS", "is false: the log will not say who did what.")
    if settings.section(LogSettings).level == "debug":
        findings.wrong("LOG_LEVEL", "is debug: use info, or find the fault in development.")


def _by_tls(name: str, url: str, findings: Findings) -> None:
    parts = urlsplit(url)
    if parts.scheme != "http":
        return
    if not is_loopback(parts.hostname or ""):
        findings.unsafe(name, f"{url} is plain http: use https.")
    elif findings.strict:
        findings.warn(name, f"{url} can be reached from this machine only.")
