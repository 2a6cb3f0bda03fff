"""GitHub, which is no OpenID provider: OAuth 2.0 with PKCE, then its API is asked who it is.

    leave    /login/oauth/authorize
    vouch    /login/oauth/access_token -> /user -> /user/emails: the primary address, if it is verified

The identity is the number of the account: its name can be given to somebody else. A refusal comes with 200.
The access token is used for the two questions and forgotten.
Source: GitHub, "Authorizing OAuth apps"; REST API, "Users" and "Emails".
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from watchword.adapters.identity_providers.asking import Asker, within
from watchword.adapters.identity_providers.oidc import Registered, challenge, with_query
from watchword.adapters.identity_providers.told import as_object, as_subject, as_token, as_word
from watchword.kernel.identity import Errand, Identity, NotVouched
from watchword.kernel.secret import Secret

SCOPE: Final = "read:user user:email"


class GithubProvider:
    """GitHub, or a GitHub Enterprise Server."""

    def __init__(self, registered: Registered, asker: Asker, api_url: str) -> None:
        """Ask by this asker, as who we are registered as; its API is somewhere else."""
        self.name, self.title = registered.name, registered.title
        self.issuer, self.redirect_uri = registered.issuer, registered.redirect_uri
        self._us = registered
        self._asker = asker
        self._api = api_url

    async def look(self, now: datetime) -> str:  # noqa: ARG002 - the port has it
        """Say that there is nothing to ask it without a person."""
        return "says nothing of itself, so it was not asked"

    async def leave(self, errand: Errand, now: datetime) -> str:  # noqa: ARG002 - the port has it
        """Return where the browser goes."""
        asked = {
            "client_id": self._us.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPE,
            "state": errand.state.reveal(),
            **challenge(errand),
        }
        return with_query(f"{self.issuer}/login/oauth/authorize", asked)

    async def vouch(
        self,
        errand: Errand,
        code: Secret,
        issuer: str | None,
        now: datetime,  # noqa: ARG002 - the port has it
    ) -> Identity:
        """Return who came back. Problems: `NotVouched`, `OutOfReach`."""
        if issuer not in {None, self.issuer, f"{self.issuer}/login/oauth"}:
            raise NotVouched("mixed_up")
        async with within(2 * self._asker.patience):
            token = await self._redeem(errand, code)
            user = as_object(await self._asker.get(f"{self._api}/user", token))
            emails = await self._asker.get(f"{self._api}/user/emails", token)
        number = user.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            raise NotVouched("subject")
        email = _primary(emails if isinstance(emails, list) else [])
        return Identity(
            issuer=self.issuer,
            subject=as_subject(str(number)),
            email=as_word(email, "email"),
            email_verified=email.get("verified") is True,
            name=as_word(user, "name"),
        )

    async def _redeem(self, errand: Errand, code: Secret) -> str:
        form = {
            "client_id": self._us.client_id,
            "client_secret": self._us.client_secret.reveal(),
            "code": code.reveal(),
            "redirect_uri": self.redirect_uri,
            "code_verifier": errand.verifier.reveal(),
        }
        told = await self._asker.post(f"{self.issuer}/login/oauth/access_token", form)
        return as_token(told, "access_token")


def _primary(emails: Iterable[Any]) -> dict[str, Any]:
    """Return the address that its owner named as theirs; an empty one where there is none."""
    found = (each for each in emails if isinstance(each, dict) and each.get("primary") is True)
    return next(found, {})
