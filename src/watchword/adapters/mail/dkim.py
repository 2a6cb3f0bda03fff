"""DKIM: a signature of ours over a letter, for a relay that signs nothing itself (RFC 6376).

    rsa-sha256 (RFC 8301), ed25519-sha256 (RFC 8463)      relaxed/relaxed: spaces may change on the way

Signed are the headers that a reader sees and those that say how to read the body; each once more than there
is, and what we did not write but a reader would see, so that nobody adds another.
Source: RFC 6376, sections 3.4, 3.5, 3.7, 5.4 and 8.15.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

Key = RSAPrivateKey | Ed25519PrivateKey
_SIGNED: Final = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
_SEEN: Final = (b"to", b"cc", b"reply-to", b"subject", b"date", b"content-transfer-encoding")
_END = re.compile(rb"\r\n|\r|\n")
_SPACES = re.compile(rb"[ \t]+")
_SPACES_AT_END = re.compile(rb"[ \t]+(?=\r\n)")
_EMPTY_AT_END = re.compile(rb"(\r\n)+\Z")
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:(.*?)\r\n(?![ \t])", re.DOTALL)
_LINE: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs for a domain, under a selector."""

    domain: str
    selector: str
    key: Key

    def sign(self, content: bytes, now: datetime) -> bytes:
        """Return the letter with our signature at its head, its lines ended by CRLF."""
        content = _END.sub(b"\r\n", content)
        head, _, body = content.partition(b"\r\n\r\n")
        headers = _headers(head + b"\r\n")
        told = self._told(headers, body, now)
        signed = [headers[name] for name in _SIGNED if name in headers]
        over = b"".join(line + b"\r\n" for line in signed) + _relaxed(b"DKIM-Signature", told)
        proof = b64encode(self._proof(over)).decode()
        lines = "\r\n\t".join(proof[at : at + _LINE] for at in range(0, len(proof), _LINE))
        return b"DKIM-Signature:" + told + lines.encode() + b"\r\n" + content

    def _told(self, headers: dict[bytes, bytes], body: bytes, now: datetime) -> bytes:
        """Return the header's value, its proof still empty."""
        names = [name.decode() for name in _SIGNED if name in headers]
        absent = [name.decode() for name in _SEEN if name not in headers]
        tags = [
            "v=1",
            f"a={self._algorithm}",
            "c=relaxed/relaxed",
            f"d={self.domain}",
            f"s={self.selector}",
            f"t={int(now.timestamp())}",
            f"h={':'.join(names)}:\r\n\t{':'.join([*names, *absent])}",
            f"bh={b64encode(sha256(_canonical(body)).digest()).decode()}",
            "b=",
        ]
        return (" " + ";\r\n\t".join(tags)).encode()

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def _proof(self, over: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(over, PKCS1v15(), SHA256())
        return self.key.sign(sha256(over).digest())


def _headers(head: bytes) -> dict[bytes, bytes]:
    """Return each header by its name, as it is signed; we write none twice."""
    return {name.lower(): _relaxed(name, value) for name, value in _HEADER.findall(head)}


def _relaxed(name: bytes, value: bytes) -> bytes:
    """Write a header in one line, with single spaces."""
    return name.lower() + b":" + _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _canonical(body: bytes) -> bytes:
    """Write the body with single spaces, none at the ends of lines, and no empty lines at its end."""
    plain = _SPACES_AT_END.sub(b"", _SPACES.sub(b" ", body + b"\r\n"))
    plain = _EMPTY_AT_END.sub(b"", plain)
    return plain + b"\r\n" if plain else b""
