"""Reach: countries that are named are countries; times and windows are long enough to mean something."""

from datetime import timedelta

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.plumbing.contact import PhoneSettings, countries_with_numbers
from watchword.plumbing.settings import LimitSettings, TextSettings
from watchword.records.sessions.rules import SessionSettings
from watchword.records.signing_keys.rules import TokenSettings

_SHORTEST_WINDOW = timedelta(seconds=1)


def countries(settings: Settings, findings: Findings) -> None:
    """A country nobody can telephone to would refuse every number that is written without one."""
    named = {
        "DEFAULT_COUNTRY": {settings.section(PhoneSettings).default_country} - {""},
        "SMS_ALLOWED_COUNTRIES": settings.section(TextSettings).countries,
    }
    for name, told in named.items():
        if not settings.given(name):
            continue
        for country in sorted(told - countries_with_numbers()):
            findings.wrong(name, f"{country} is no country with telephone numbers.")


def times(settings: Settings, findings: Findings) -> None:
    """What should renew outlives what it renews; a limit lasts long enough to stop somebody."""
    refresh = settings.section(SessionSettings).refresh_lifetime
    if refresh < settings.section(TokenSettings).lifetime:
        findings.wrong(
            "JWT_REFRESH_EXPIRES_IN",
            "is shorter than JWT_EXPIRES_IN: a refresh token must outlive the access token.",
        )
    window = settings.section(LimitSettings).window
    if window < _SHORTEST_WINDOW:
        findings.unsafe(
            "RATE_LIMIT_WINDOW_MS",
            f"is {window / timedelta(milliseconds=1):.0f} ms, and stops nobody: it is in milliseconds,"
            " and 900000 is a quarter of an hour.",
        )
