"""Vouching: the identity providers that the settings ask for, all by one guarded client."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from watchword.app.wiring import House
from watchword.kernel.identity import IdentityProvider, IdentityProviders
from watchword.plumbing.settings import (
    GithubSettings,
    GoogleSettings,
    LinkedinSettings,
    OauthSettings,
    OidcSettings,
    ServerSettings,
)
from watchword.plumbing.settings.identity_providers import GITHUB, GOOGLE, LINKEDIN

if TYPE_CHECKING:
    import httpx2

    from watchword.adapters.identity_providers.asking import Asker
    from watchword.adapters.identity_providers.oidc import Registered

_GOOGLE_WITHOUT_SCHEME: Final = ("accounts.google.com",)


class Vouchers:
    """Whoever may say who somebody is, as this house knows them."""

    def __init__(self, house: House) -> None:
        """Make them for this house."""
        self._house = house
        self._client: httpx2.AsyncClient | None = None

    def providers(self) -> IdentityProviders:
        """Return those who are offered; with none, no client is made."""
        registered = list(self._registered())
        return IdentityProviders(tuple(self._provider(each) for each in registered))

    async def close(self) -> None:
        """Close the client, if anybody wanted one."""
        if self._client is not None:
            await self._client.aclose()

    def _provider(self, registered: "Registered") -> IdentityProvider:
        from watchword.adapters.identity_providers.github import GithubProvider
        from watchword.adapters.identity_providers.oidc import OpenIdProvider

        if registered.name == GITHUB:
            api = self._house.part(GithubSettings).api_url
            return GithubProvider(registered, self._asker(), api)
        return OpenIdProvider(registered, self._asker())

    def _asker(self) -> "Asker":
        from watchword.adapters.guarded import guarded_client
        from watchword.adapters.identity_providers.asking import Asker

        settings = self._house.part(OauthSettings)
        if self._client is None:
            self._client = guarded_client(settings.networks, settings.patience)
        return Asker(self._client, settings.patience)

    def _registered(self) -> Iterator["Registered"]:
        google, github = self._house.part(GoogleSettings), self._house.part(GithubSettings)
        linkedin = self._house.part(LinkedinSettings)
        if google.client_id and google.secret:
            yield self._google(google)
        if github.client_id and github.secret:
            yield self._github(github)
        if linkedin.client_id and linkedin.secret:
            yield self._linkedin(linkedin)
        yield from self._others(self._house.part(OidcSettings))

    def _google(self, settings: GoogleSettings) -> "Registered":
        from watchword.adapters.identity_providers.oidc import Registered

        return Registered(
            name=GOOGLE,
            title="Google",
            issuer=settings.issuer,
            client_id=settings.client_id,
            client_secret=settings.secret,
            redirect_uri=settings.callback or self._shared_or_own(GOOGLE),
            also_known_as=_GOOGLE_WITHOUT_SCHEME,
        )

    def _github(self, settings: GithubSettings) -> "Registered":
        from watchword.adapters.identity_providers.oidc import Registered

        return Registered(
            name=GITHUB,
            title="GitHub",
            issuer=settings.url,
            client_id=settings.client_id,
            client_secret=settings.secret,
            redirect_uri=settings.callback or self._shared_or_own(GITHUB),
        )

    def _linkedin(self, settings: LinkedinSettings) -> "Registered":
        from watchword.adapters.identity_providers.oidc import Registered

        return Registered(
            name=LINKEDIN,
            title="LinkedIn",
            issuer=settings.issuer,
            client_id=settings.client_id,
            client_secret=settings.secret,
            redirect_uri=settings.callback or self._shared_or_own(LINKEDIN),
            pkce=settings.pkce,
            nonce_comes_back=False,
        )

    def _others(self, settings: OidcSettings) -> Iterator["Registered"]:
        for name, issuer in settings.issuers.items():
            if name not in settings.client_ids or name not in settings.secrets:
                continue
            from watchword.adapters.identity_providers.oidc import Registered

            yield Registered(
                name=name,
                title=settings.titles.get(name, name),
                issuer=issuer,
                client_id=settings.client_ids[name],
                client_secret=settings.secrets[name],
                redirect_uri=self._own(name),
            )

    def _shared_or_own(self, name: str) -> str:
        """Return where one of the three well-known sends people back that was given no address."""
        return self._house.part(OauthSettings).redirect_url or self._own(name)

    def _own(self, name: str) -> str:
        """Return the address of a provider alone: what came for another is known by it (RFC 9700, 4.4)."""
        return f"{self._house.part(ServerSettings).public_url}/auth/oauth/{name}/callback"
