"""Who we are to others: the public address, from settings and never from a request header."""

from dataclasses import dataclass
from urllib.parse import quote

from watchword.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class Issuer:
    """`url` is `iss` of our tokens; `pages` is where people's links lead."""

    url: str
    pages: str

    def link(self, path: str, token: Secret) -> str:
        """Return a link to a page of ours that carries a token."""
        return f"{self.pages}{path}?token={quote(token.reveal())}"
