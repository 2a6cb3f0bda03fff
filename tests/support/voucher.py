"""An OpenID provider, on this machine: what vouches for people, and what a hostile one says instead.

approves    what a browser does there: somebody signs in, and is sent back with a code
people      who is asked for; spoil   what a hostile or broken one answers at a path instead
claims, header, signs, nested   what an identity token says otherwise than it should
gives     what comes beside it, otherwise than it should

A code is good once, for whom it was made, at the address and with the verifier that it was asked by.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support import forging
from tests.support.stub import Asked, Stub, answer
from tests.support.world import START
from watchword.adapters.providers import Reply

if TYPE_CHECKING:
    pass

SECRET: Final = "secret-of-the-client"
CALLBACK: Final = "https://auth.example.test/auth/oauth/{name}/callback"
HERE: Final = {"OAUTH_NETWORKS": "127.0.0.0/8"}
Claims = dict[str, Any]


@cache
def key(number: int = 0) -> RSAPrivateKey:
    """Return a key, made once: `number` tells one from another."""
    assert number >= 0
    return generate_private_key(65537, 2048)


def published(private: RSAPrivateKey, kid: str) -> dict[str, Any]:
    """Return a key as a key set holds it."""
    numbers = private.public_key().public_numbers()
    parts = {
        name: forging.part(_bytes(value)) for name, value in (("n", numbers.n), ("e", numbers.e))
    }
    return {"kty": "RSA", **parts, "kid": kid, "use": "sig", "alg": "RS256"}


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a browser brings back, and the code's conditions."""

    code: str
    asked: dict[str, str]
    person: Claims


@dataclass(kw_only=True)
class Voucher(Stub):
    """An OpenID provider."""

    clock: Callable[[], datetime] = lambda: START
    name: str = "staff"
    client_id: str = "client-at-{name}"
    signs: RSAPrivateKey = field(default_factory=key)
    kid: str = "key-1"
    keys: list[dict[str, Any]] = field(default_factory=list)
    claims: Claims = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    nested: int = 0
    gives: Claims = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    spoil: dict[str, Reply] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    shown: dict[str, Claims] = field(default_factory=dict)
    tells_issuer: bool = True
    shared: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """Publish the key that it signs by."""
        self.client_id = self.client_id.format(name=self.name)
        self.keys = self.keys or [published(self.signs, self.kid)]

    @property
    def issuer(self) -> str:
        """Return who it is."""
        return self.url

    @property
    def callback(self) -> str:
        """Return where it sends people back."""
        return self.shared or CALLBACK.format(name=self.name)

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return {
            "OIDC_ISSUERS": f"{self.name}={self.issuer}",
            "OIDC_CLIENT_IDS": f"{self.name}={self.client_id}",
            "OIDC_CLIENT_SECRETS": f"{self.name}={SECRET}",
            "OIDC_TITLES": f"{self.name}=Clinic staff",
            **HERE,
        }

    def approves(self, address: str, **person: Any) -> str:
        """Sign somebody in who was sent here; return the address that their browser comes back by."""
        url, _, query = address.partition("?")
        asked = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
        assert len(asked) == len(parse_qsl(query, keep_blank_values=True)), (
            "something is said twice"
        )
        assert url == self.issuer + self.paths["authorize"]
        self.check(asked)
        code = f"code-{next(self._numbers)}"
        self.sent[code] = Sent(code=code, asked=asked, person={**somebody(), **person})
        back = {"code": code, "state": asked["state"], **self.beside()}
        return f"{self.callback}?{urlencode(back)}"

    def check(self, asked: dict[str, str]) -> None:
        """Find that everything is asked as it must be."""
        assert asked["response_type"] == "code"
        assert (asked["client_id"], asked["redirect_uri"]) == (self.client_id, self.callback)
        assert asked["scope"].split()[0] == "openid"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 22
        assert len(asked["nonce"]) >= 22

    def beside(self) -> dict[str, str]:
        """Return what it says beside code and state."""
        return {"iss": self.issuer, "session_state": "x"} if self.tells_issuer else {}

    paths: dict[str, str] = field(
        default_factory=lambda: {
            "authorize": "/authorize",
            "token": "/token",
            "keys": "/keys",
            "userinfo": "/userinfo",
        }
    )

    def reply(self, asked: Asked) -> Reply:
        """Answer as a provider does, or as it was told to."""
        path = asked.path.partition("?")[0]
        if path in self.spoil:
            return self.spoil[path]
        doors: dict[str, Callable[[Asked], Reply]] = {
            self.place("/.well-known/openid-configuration"): self._describe,
            self.place(self.paths["token"]): self.redeem,
            self.place(self.paths["keys"]): lambda _: answer(200, {"keys": self.keys}),
            self.place(self.paths["userinfo"]): self._userinfo,
        }
        return doors[path](asked) if path in doors else answer(404)

    def place(self, path: str) -> str:
        """Return where a path is on this machine: an issuer may have one itself."""
        return urlsplit(self.issuer).path.rstrip("/") + path

    def _describe(self, _asked: Asked) -> Reply:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + self.paths["authorize"],
            "token_endpoint": self.issuer + self.paths["token"],
            "jwks_uri": self.issuer + self.paths["keys"],
            "userinfo_endpoint": self.issuer + self.paths["userinfo"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.tells_issuer,
        }
        return answer(200, told | self.description)

    def redeem(self, asked: Asked) -> Reply:
        """Give tokens for a code, once."""
        form = asked.form
        if not self.knows(asked, form):
            return answer(401, {"error": "invalid_client"})
        sent = self.sent.pop(form.get("code", ""), None)
        if sent is None or form.get("redirect_uri") != self.callback:
            return answer(400, {"error": "invalid_grant"})
        if not self.verifies(sent, form):
            return answer(400, {"error": "invalid_grant"})
        return answer(200, self.tokens(sent))

    def knows(self, asked: Asked, _form: dict[str, str]) -> bool:
        """Tell whether it is us who ask."""
        return asked.basic == f"{self.client_id}:{SECRET}"

    def verifies(self, sent: Sent, form: dict[str, str]) -> bool:
        """Tell whether the code was asked for by who knows this verifier (RFC 7636)."""
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        told = urlsafe_b64encode(digest).decode().rstrip("=")
        return form["grant_type"] == "authorization_code" and told == sent.asked["code_challenge"]

    def tokens(self, sent: Sent) -> dict[str, Any]:
        """Return what a code is worth."""
        access = f"access-{sent.code}"
        self.shown[access] = sent.person
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": self.id_token(self.said(sent)),
            **self.gives,
        }

    def said(self, sent: Sent) -> Claims:
        """Return what the identity token says; who they are is told by userinfo alone."""
        now = int(self.clock().timestamp())
        return {
            "iss": self.issuer,
            "sub": sent.person["sub"],
            "aud": self.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": sent.asked["nonce"],
        }

    def id_token(self, said: Claims) -> str:
        """Return a signed token; a claim that is told as None is left out."""
        told = {name: value for name, value in (said | self.claims).items() if value is not None}
        head = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid, **self.header}
        header = {name: value for name, value in head.items() if value is not None}
        if self.algorithm == "HS256":  # the old confusion: what is public as a shared secret
            return forging.hs256(header, told, json.dumps(self.keys[0]).encode())
        text = forging.unsigned(header, told)
        if self.nested:
            said_so = json.dumps(told)[:-1] + f', "z": {self.nested * "["}{self.nested * "]"}}}'
            text = f"{text.partition('.')[0]}.{forging.part(said_so.encode())}"
        proof = self.signs.sign(text.encode(), PKCS1v15(), SHA256())
        return f"{text}.{'' if self.algorithm == 'none' else forging.part(proof)}"

    def _userinfo(self, asked: Asked) -> Reply:
        person = self.shown.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        return answer(401) if person is None else answer(200, person)


def somebody(email: str = "alice@example.org") -> Claims:
    """Return what a provider knows of somebody."""
    return {
        "sub": "248289761001",
        "email": email,
        "email_verified": True,
        "name": "Alice Benali",
        "given_name": "Alice",
        "family_name": "Benali",
    }
