"""Google, GitHub, LinkedIn, as each documents itself; a world beside them, and how people go there.

leaves, signs_in_by, links   what a browser does: to the provider, and back
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.browser import Browser
from tests.support.stub import Asked, answer, listening
from tests.support.voucher import HERE, SECRET, Claims, Sent, Voucher
from tests.support.world import World
from watchword.adapters.providers import Reply

if TYPE_CHECKING:
    import httpx2

    from tests.support.worlds import Opener


@dataclass(kw_only=True)
class Google(Voucher):
    """Google: who it is about stands in the identity token; no `iss` comes back."""

    name: str = "google"
    tells_issuer: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {
            "GOOGLE_CLIENT_ID": self.client_id,
            "GOOGLE_CLIENT_SECRET": SECRET,
            "GOOGLE_ISSUER": self.issuer,
            **HERE,
        }

    def beside(self) -> dict[str, str]:
        """Return what Google says beside code and state."""
        return {"scope": "email profile openid", "authuser": "0", "prompt": "none"}

    def said(self, sent: Sent) -> Claims:
        """Return what Google's identity token says."""
        return {**super().said(sent), "azp": self.client_id, **sent.person}


@dataclass(kw_only=True)
class Linkedin(Voucher):
    """LinkedIn: no nonce comes back; who we are stands in the form; a verifier is refused, unless set up."""

    name: str = "linkedin"
    tells_issuer: bool = False
    pkce: bool = False

    def __post_init__(self) -> None:
        """Take credentials in the form alone."""
        super().__post_init__()
        self.description = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}

    @property
    def issuer(self) -> str:
        """Return who it is."""
        return f"{self.url}/oauth"

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {
            "LINKEDIN_CLIENT_ID": self.client_id,
            "LINKEDIN_CLIENT_SECRET": SECRET,
            "LINKEDIN_ISSUER": self.issuer,
            **({"LINKEDIN_PKCE": "true"} if self.pkce else {}),
            **HERE,
        }

    def check(self, asked: dict[str, str]) -> None:
        """Find a challenge only where LinkedIn has set us up for it."""
        assert ("code_challenge" in asked) == self.pkce
        super().check({"code_challenge_method": "S256", **asked})

    def knows(self, asked: Asked, form: dict[str, str]) -> bool:
        """Tell whether it is us who ask."""
        assert "authorization" not in asked.headers
        told = (form.get("client_id"), form.get("client_secret"))
        return told == (self.client_id, SECRET) and ("code_verifier" in form) == self.pkce

    def verifies(self, sent: Sent, form: dict[str, str]) -> bool:
        """Look at the verifier where there is one."""
        return super().verifies(sent, form) if self.pkce else True

    def said(self, sent: Sent) -> Claims:
        """Return what LinkedIn's identity token says."""
        return {**super().said(sent), **sent.person, "nonce": None}


@dataclass(kw_only=True)
class Github(Voucher):
    """GitHub: no discovery, no identity token; refusals come with 200; two questions tell who it is."""

    name: str = "github"
    tells_issuer: bool = False
    emails: list[dict[str, Any]] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {
            "GITHUB_CLIENT_ID": self.client_id,
            "GITHUB_CLIENT_SECRET": SECRET,
            "GITHUB_URL": self.url,
            "GITHUB_API_URL": f"{self.url}/api",
            **HERE,
        }

    def __post_init__(self) -> None:
        """Stand where GitHub does."""
        super().__post_init__()
        self.paths = {**self.paths, "authorize": "/login/oauth/authorize"}

    def check(self, asked: dict[str, str]) -> None:
        """Find that everything is asked as GitHub wants it."""
        assert (asked["client_id"], asked["redirect_uri"]) == (self.client_id, self.callback)
        assert asked["scope"].split() == ["read:user", "user:email"]
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 22

    def reply(self, asked: Asked) -> Reply:
        """Answer as GitHub does."""
        if asked.path in self.spoil:
            return self.spoil[asked.path]
        if asked.path == "/login/oauth/access_token":
            return self._exchange_code(asked)
        person = self.shown.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if person is None:
            return answer(401, {"message": "Bad credentials"})
        if asked.path == "/api/user":
            user = {"login": "alice", "id": int(person["sub"]), "name": person["name"]}
            return answer(200, {**user, "email": None})
        return answer(200, self.emails if self.emails is not None else _emails(person))

    def _exchange_code(self, asked: Asked) -> Reply:
        assert asked.headers["accept"] == "application/json"
        form = asked.form
        sent = self.sent.pop(form.get("code", ""), None)
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, SECRET):
            return answer(200, {"error": "incorrect_client_credentials"})
        good = sent is not None and form.get("redirect_uri") == self.callback
        if not good or not self.verifies(sent, {"grant_type": "authorization_code", **form}):  # type: ignore[arg-type]
            return answer(200, {"error": "bad_verification_code"})
        assert sent is not None
        token = f"gho_{sent.code}"
        self.shown[token] = sent.person
        return answer(200, {"access_token": token, "scope": "", **self.gives})


def _emails(person: Claims) -> list[dict[str, Any]]:
    return [
        {"email": "old@example.org", "verified": True, "primary": False, "visibility": None},
        {
            "email": person["email"],
            "verified": person["email_verified"],
            "primary": True,
            "visibility": "private",
        },
    ]


@asynccontextmanager
async def town(opener: "Opener", *vouchers: Voucher, **more: str) -> AsyncIterator[World]:
    """Open a world that has these providers beside it, and the same clock."""
    async with AsyncExitStack() as stack:
        for each in vouchers:
            await stack.enter_async_context(listening(each))
        settings = {name: text for each in vouchers for name, text in each.settings.items()}
        world = await stack.enter_async_context(opener(**{**settings, **more}))
        for each in vouchers:
            each.clock = world.clock.now
        yield world


async def leaves(who: Browser, voucher: Voucher, query: str = "") -> str:
    """Go to a provider by the button of the sign-in page; return where that leads."""
    answered = await who.client.get(f"/auth/oauth/{voucher.name}{query}")
    assert answered.status_code == 303, answered.text
    return str(answered.headers["location"])


async def signs_in_by(
    who: Browser, voucher: Voucher, query: str = "", **person: Any
) -> "httpx2.Response":
    """Go to a provider, sign in there, and come back, wherever that leads."""
    return await who.open(voucher.approves(await leaves(who, voucher, query), **person))


async def links(who: Browser, voucher: Voucher, **person: Any) -> "httpx2.Response":
    """Press the button that links a provider to the account, sign in there, and come back."""
    await who.open("/account/identities")
    page = await who.post("/account/identities/link", provider=voucher.name)
    address = page.headers["refresh"].removeprefix("0; url=")
    return await who.open(voucher.approves(address, **person))
