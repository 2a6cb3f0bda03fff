"""Any OpenID provider: the authorization code flow with PKCE, by what discovery says of it.

    leave    authorization endpoint: code, scope, state, nonce, S256 challenge, our exact address
    vouch    whose answer it is -> the code for an identity token -> what it says, or userinfo says of it

Google's tokens may leave the scheme out of `iss`. LinkedIn sends no nonce back, and refuses a code with a
verifier from an application that it has not set up for PKCE. The access token is used for userinfo, at most
once, and forgotten; no other is asked for. Source: OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9207;
RFC 9700.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode

from watchword.adapters.identity_providers import id_token
from watchword.adapters.identity_providers.asking import Asker, within
from watchword.adapters.identity_providers.discovery import Description, Discovery
from watchword.adapters.identity_providers.told import as_object, as_text, as_token, as_word
from watchword.kernel.identity import Errand, Identity, NotVouched
from watchword.kernel.secret import Secret

SCOPE: Final = "openid email profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Who we are at a provider, and what is particular about it."""

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: Secret
    redirect_uri: str
    also_known_as: tuple[str, ...] = ()
    pkce: bool = True
    nonce_comes_back: bool = True


class OpenIdProvider:
    """A provider that discovery knows."""

    def __init__(self, registered: Registered, asker: Asker) -> None:
        """Ask by this asker, as who we are registered as."""
        self.name, self.title = registered.name, registered.title
        self.issuer, self.redirect_uri = registered.issuer, registered.redirect_uri
        self._us = registered
        self._asker = asker
        self._discovery = Discovery(asker, registered.issuer)

    async def look(self, now: datetime) -> str:
        """Return how discovery and its keys are. Problems: `OutOfReach`, `NotVouched`."""
        async with within(2 * self._asker.patience):
            number = await self._discovery.keys(now)
        return f"answers, publishes {number} {'key' if number == 1 else 'keys'}"

    async def leave(self, errand: Errand, now: datetime) -> str:
        """Return where the browser goes. Problems: `OutOfReach`, `NotVouched`."""
        found = await self._discovery.description(now)
        asked = {
            "response_type": "code",
            "client_id": self._us.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPE,
            "state": errand.state.reveal(),
            "nonce": errand.nonce.reveal(),
        }
        if self._us.pkce:
            asked |= challenge(errand)
        return with_query(found.authorization, asked)

    async def vouch(
        self, errand: Errand, code: Secret, issuer: str | None, now: datetime
    ) -> Identity:
        """Return who came back. Problems: `NotVouched`, `OutOfReach`."""
        async with within(2 * self._asker.patience):
            found = await self._discovery.description(now)
            if issuer != self.issuer and (issuer is not None or found.tells_issuer):
                raise NotVouched("mixed_up")
            tokens = await self._redeem(found, errand, code)
            claims = await self._read(found, as_text(tokens, "id_token"), errand, now)
            if "email" not in claims and found.userinfo:
                claims |= await self._userinfo(found, tokens, claims["sub"])
        return _identity(self.issuer, claims)

    async def _redeem(self, found: Description, errand: Errand, code: Secret) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code.reveal(),
            "redirect_uri": self.redirect_uri,
        }
        if self._us.pkce:
            form["code_verifier"] = errand.verifier.reveal()
        us = (self._us.client_id, self._us.client_secret.reveal())
        if found.by_form:
            form |= {"client_id": us[0], "client_secret": us[1]}
            return await self._asker.post(found.token, form)
        return await self._asker.post(
            found.token, form, auth=(quote(us[0], safe=""), quote(us[1], safe=""))
        )

    async def _read(
        self, found: Description, token: str, errand: Errand, now: datetime
    ) -> dict[str, Any]:
        expected = id_token.Expected(
            issuers=(self.issuer, *self._us.also_known_as),
            client_id=self._us.client_id,
            nonce=errand.nonce.reveal(),
            algorithms=found.algorithms,
            nonce_may_lack=not self._us.nonce_comes_back,
        )
        return await id_token.read(
            token,
            expected,
            lambda kid, alg, wrong: self._discovery.key(kid, alg, now, wrong),
            now,
        )

    async def _userinfo(
        self, found: Description, tokens: dict[str, Any], subject: str
    ) -> dict[str, Any]:
        """Return what else the provider says of somebody; it must be the same."""
        token = as_token(tokens, "access_token")
        told = as_object(await self._asker.get(found.userinfo, token))
        if told.get("sub") != subject:
            raise NotVouched("another_subject")
        return told


def challenge(errand: Errand) -> dict[str, str]:
    """Return what says that only who knows the verifier may have the code (RFC 7636, S256)."""
    digest = sha256(errand.verifier.reveal().encode()).digest()
    return {
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


def with_query(url: str, asked: dict[str, str]) -> str:
    """Return an address with what is asked, behind what it asks already."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def _identity(issuer: str, claims: dict[str, Any]) -> Identity:
    return Identity(
        issuer=issuer,
        subject=claims["sub"],
        email=as_word(claims, "email"),
        email_verified=_is_true(claims.get("email_verified")),
        given_name=as_word(claims, "given_name"),
        family_name=as_word(claims, "family_name"),
        name=as_word(claims, "name"),
    )


def _is_true(told: Any) -> bool:
    """Some write the word; a number, which Python finds equal, is no yes."""
    return told is True or told == "true"
