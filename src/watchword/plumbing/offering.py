"""Offering: with which identity providers somebody may sign in just now, as the flags say."""

from typing import Final

from watchword.kernel.flags import Flag
from watchword.kernel.identity import IdentityProvider, IdentityProviders
from watchword.kernel.parts import service
from watchword.plumbing.flags import Flags
from watchword.plumbing.settings.identity_providers import GITHUB, GOOGLE, LINKEDIN

WITH_GOOGLE: Final = Flag("oauth.google", "People sign in with Google.")
WITH_GITHUB: Final = Flag("oauth.github", "People sign in with GitHub.")
WITH_LINKEDIN: Final = Flag("oauth.linkedin", "People sign in with LinkedIn.")
WITH_OTHERS: Final = Flag("oauth.others", "People sign in with the providers of OIDC_ISSUERS.")

_BY_PROVIDER: Final = {GOOGLE: WITH_GOOGLE, GITHUB: WITH_GITHUB, LINKEDIN: WITH_LINKEDIN}


@service
class Offering:
    """The providers that the settings name and no flag holds back."""

    providers: IdentityProviders
    flags: Flags

    def to(self, who: str) -> IdentityProviders:
        """Return those whom somebody may choose."""
        return IdentityProviders(
            tuple(each for each in self.providers.each if self.flags.on(_flag_of(each), who))
        )

    def still(self, name: str) -> IdentityProvider | None:
        """Return a provider that somebody comes back from, if anybody may."""
        found = self.providers.named(name)
        return found if found is not None and self.flags.possible(_flag_of(found)) else None


def _flag_of(provider: IdentityProvider) -> Flag:
    return _BY_PROVIDER.get(provider.name, WITH_OTHERS)
