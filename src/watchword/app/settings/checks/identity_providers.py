"""Identity providers: whole, at https beyond this machine, and back to an address of ours."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.kernel.addresses import is_loopback
from watchword.plumbing.settings import (
    GithubSettings,
    GoogleSettings,
    LinkedinSettings,
    OauthSettings,
    OidcSettings,
    ServerSettings,
)
from watchword.plumbing.settings.identity_providers import SHARED_CALLBACK

_CALLBACK = "/auth/oauth/{name}/callback"


def named(settings: Settings, findings: Findings) -> None:
    """Google, GitHub and LinkedIn: an id has its secret, a secret its id."""
    google = settings.section(GoogleSettings)
    github, linkedin = settings.section(GithubSettings), settings.section(LinkedinSettings)
    for name, found in (("GOOGLE", google), ("GITHUB", github), ("LINKEDIN", linkedin)):
        if found.client_id and not found.secret:
            findings.wrong(f"{name}_CLIENT_SECRET", f"is missing; {name}_CLIENT_ID needs it.")
        if found.secret and not found.client_id:
            findings.wrong(
                f"{name}_CLIENT_ID", f"is missing; {name}_CLIENT_SECRET is of no use alone."
            )
    for setting, url in (
        ("GOOGLE_ISSUER", google.issuer),
        ("GITHUB_URL", github.url),
        ("GITHUB_API_URL", github.api_url),
        ("LINKEDIN_ISSUER", linkedin.issuer),
    ):
        _by_tls(findings, setting, url)


def others(settings: Settings, findings: Findings) -> None:
    """Other OpenID providers: each has an id and a secret; no name is of nobody."""
    found = settings.section(OidcSettings)
    for name, issuer in found.issuers.items():
        if name not in found.client_ids:
            findings.wrong("OIDC_CLIENT_IDS", f"has none for {name}.")
        if name not in found.secrets:
            findings.wrong("OIDC_CLIENT_SECRETS", f"has none for {name}.")
        _by_tls(findings, "OIDC_ISSUERS", issuer)
    for setting, names in (
        ("OIDC_CLIENT_IDS", found.client_ids),
        ("OIDC_CLIENT_SECRETS", found.secrets),
        ("OIDC_TITLES", found.titles),
    ):
        for name in names:
            if name not in found.issuers:
                findings.wrong(setting, f"names {name}, and OIDC_ISSUERS does not.")
    if len(set(found.issuers.values())) < len(found.issuers):
        findings.wrong("OIDC_ISSUERS", "names one issuer twice.")


def callbacks(settings: Settings, findings: Findings) -> None:
    """Where people come back: to this service, by an address that it answers at."""
    server = settings.section(ServerSettings)
    for setting, name, url in _callbacks(settings):
        ours, told = urlsplit(server.public_url), urlsplit(url)
        if (told.scheme, told.netloc) != (ours.scheme, ours.netloc):
            findings.wrong(
                setting, "is not at PUBLIC_BASE_URL, where the cookie is that knows who comes back."
            )
        own = _CALLBACK.format(name=name)
        places = {before + own for before in ("", server.api_prefix, *server.api_mounts) if name}
        if told.path not in {*places, SHARED_CALLBACK}:
            good = own if name else SHARED_CALLBACK
            findings.wrong(setting, f"leads to no page of ours: write {good}.")


def _callbacks(settings: Settings) -> Iterator[tuple[str, str, str]]:
    told = (
        ("OAUTH_REDIRECT_URL", "", settings.section(OauthSettings).redirect_url),
        ("GOOGLE_CALLBACK_URL", "google", settings.section(GoogleSettings).callback),
        ("GITHUB_CALLBACK_URL", "github", settings.section(GithubSettings).callback),
        ("LINKEDIN_CALLBACK_URL", "linkedin", settings.section(LinkedinSettings).callback),
    )
    return (each for each in told if each[2])


def _by_tls(findings: Findings, setting: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        findings.unsafe(setting, "is http://. Use https://.")
