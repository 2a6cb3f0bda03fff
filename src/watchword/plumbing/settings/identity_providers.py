"""Identity providers: who we are at each, and where they are.

One is offered once its id and its secret are there. Other addresses are told for a server of one's own
(GitHub Enterprise Server) and for tests.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from watchword.kernel.addresses import Network, networks
from watchword.kernel.parsing import boolean, duration, listed
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import full_web_address, split, web_address

GOOGLE, GITHUB, LINKEDIN = "google", "github", "linkedin"
SHARED_CALLBACK: Final = "/auth/callback"
_TAKEN: Final = frozenset({GOOGLE, GITHUB, LINKEDIN, "providers", "callback"})
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def _named(text: str) -> Mapping[str, str]:
    """Read `name=value` pairs, separated by commas; nothing of a wrong one is quoted."""
    found: dict[str, str] = {}
    for pair in listed(text):
        name, equals, value = pair.partition("=")
        name, value = name.strip(), value.strip()
        if not (_NAME.fullmatch(name) and equals and value) or name in found:
            raise ValueError("write name=value, separated by commas; names are a-z, 0-9 and -")
        if name in _TAKEN:
            raise ValueError(f"{name} is taken: choose another name")
        found[name] = value
    return found


def _issuers(text: str) -> Mapping[str, str]:
    return {name: _issuer(url) for name, url in _named(text).items()}


def _issuer(text: str) -> str:
    """Read an issuer exactly as it is written: a slash at its end belongs to it."""
    if split(text).query or split(text).fragment:
        raise ValueError("write an issuer such as https://sso.example.org/realms/staff")
    return full_web_address(text)


def _secrets(text: str) -> Mapping[str, Secret]:
    return {name: Secret(value) for name, value in _named(text).items()}


def _callback(text: str) -> str:
    if split(text).query or split(text).fragment:
        raise ValueError("write an address without ? and #")
    return full_web_address(text)


@section
class OauthSettings:
    """Sign-in with others: what holds for all of them."""

    redirect_url: str = setting(
        "OAUTH_REDIRECT_URL",
        "One address for Google, GitHub and LinkedIn to come back to, https://auth.example.org/auth/callback;"
        " empty is /auth/oauth/NAME/callback at PUBLIC_BASE_URL, which those of OIDC_ISSUERS always have.",
        parse=_callback,
        default="",
    )
    patience: timedelta = setting(
        "OAUTH_TIMEOUT",
        "How long one answer of a provider may take; a whole sign-in, twice as long.",
        parse=duration,
        default="5s",
    )
    networks: tuple[Network, ...] = setting(
        "OAUTH_NETWORKS",
        "Private addresses and networks that a provider may be at all the same: 10.1.2.0/24.",
        parse=networks,
        default="",
    )


@section
class GoogleSettings:
    """Sign-in with Google."""

    client_id: str = setting(
        "GOOGLE_CLIENT_ID", "Our client id there; empty: not offered.", default=""
    )
    secret: Secret = setting(
        "GOOGLE_CLIENT_SECRET", "The secret of that id.", parse=Secret, default="", secret=True
    )
    callback: str = setting(
        "GOOGLE_CALLBACK_URL",
        "The address to come back to, as it is written there; empty is OAUTH_REDIRECT_URL's.",
        parse=_callback,
        default="",
    )
    issuer: str = setting(
        "GOOGLE_ISSUER", "Who it is.", parse=_issuer, default="https://accounts.google.com"
    )


@section
class GithubSettings:
    """Sign-in with GitHub."""

    client_id: str = setting(
        "GITHUB_CLIENT_ID", "Our client id there; empty: not offered.", default=""
    )
    secret: Secret = setting(
        "GITHUB_CLIENT_SECRET", "The secret of that id.", parse=Secret, default="", secret=True
    )
    callback: str = setting(
        "GITHUB_CALLBACK_URL",
        "The address to come back to, as it is written there; empty is OAUTH_REDIRECT_URL's.",
        parse=_callback,
        default="",
    )
    url: str = setting(
        "GITHUB_URL",
        "Where people sign in to it; of an Enterprise Server, its address.",
        parse=web_address,
        default="https://github.com",
    )
    api_url: str = setting(
        "GITHUB_API_URL",
        "Where its API is; of an Enterprise Server, its address and /api/v3.",
        parse=web_address,
        default="https://api.github.com",
    )


@section
class LinkedinSettings:
    """Sign-in with LinkedIn."""

    client_id: str = setting(
        "LINKEDIN_CLIENT_ID", "Our client id there; empty: not offered.", default=""
    )
    secret: Secret = setting(
        "LINKEDIN_CLIENT_SECRET", "The secret of that id.", parse=Secret, default="", secret=True
    )
    callback: str = setting(
        "LINKEDIN_CALLBACK_URL",
        "The address to come back to, as it is written there; empty is OAUTH_REDIRECT_URL's.",
        parse=_callback,
        default="",
    )
    issuer: str = setting(
        "LINKEDIN_ISSUER", "Who it is.", parse=_issuer, default="https://www.linkedin.com/oauth"
    )
    pkce: bool = setting(
        "LINKEDIN_PKCE",
        "Whether codes are bound to us by PKCE; LinkedIn refuses it from an application that it has not"
        " set up for it.",
        parse=boolean,
        default="false",
    )


@section
class OidcSettings:
    """Sign-in with any other OpenID provider, by the names that you give them."""

    issuers: Mapping[str, str] = setting(
        "OIDC_ISSUERS",
        "Who they are: staff=https://sso.example.org/realms/staff; several separated by commas.",
        parse=_issuers,
        default="",
    )
    client_ids: Mapping[str, str] = setting(
        "OIDC_CLIENT_IDS", "Our client id at each: staff=watchword.", parse=_named, default=""
    )
    secrets: Mapping[str, Secret] = setting(
        "OIDC_CLIENT_SECRETS",
        "The secret of each id: staff=...; none may hold a comma.",
        parse=_secrets,
        default="",
        secret=True,
    )
    titles: Mapping[str, str] = setting(
        "OIDC_TITLES",
        "What people call each: staff=Clinic staff; else its name.",
        parse=_named,
        default="",
    )
