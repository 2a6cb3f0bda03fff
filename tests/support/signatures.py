"""A receiver that checks DKIM signatures (RFC 6376, relaxed/relaxed), without a line of the sender's.

verified   -> the domains whose signatures hold; `look` returns the TXT record of a name

It is held to what RFC 8463 publishes; what is signed here has been shown to dkimpy, too.
"""

import re
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

Look = Callable[[str], str]


def verified(raw: bytes, look: Look) -> list[str]:
    """Return the domains whose signatures hold."""
    head, _, body = raw.decode().partition("\r\n\r\n")
    lines = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    fields = [(name.strip().lower(), value) for name, _, value in (x.partition(":") for x in lines)]
    found = [value for name, value in fields if name == "dkim-signature"]
    return [domain for value in found if (domain := _holds(value, fields, body, look))]


def _holds(value: str, fields: list[tuple[str, str]], body: str, look: Look) -> str:
    tags = _tags(value)
    assert (tags["v"], tags["c"]) == ("1", "relaxed/relaxed")
    if sha256(_body(body).encode()).digest() != b64decode(tags["bh"]):
        return ""
    left, over = list(fields), ""
    for name in re.sub(r"\s", "", tags["h"]).lower().split(":"):
        at = max((n for n, field in enumerate(left) if field[0] == name), default=None)
        if at is not None:
            over += f"{_line(*left.pop(at))}\r\n"
    over += _line("dkim-signature", re.sub(r"(?<=\bb=)[^;]*$", "", value))
    key = _tags(look(f"{tags['s']}._domainkey.{tags['d']}"))
    proof = b64decode(tags["b"])
    try:
        if tags["a"] == "ed25519-sha256":
            public = Ed25519PublicKey.from_public_bytes(b64decode(key["p"]))
            public.verify(proof, sha256(over.encode()).digest())
        else:
            rsa = load_der_public_key(b64decode(key["p"]))
            assert isinstance(rsa, RSAPublicKey)
            rsa.verify(proof, over.encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return ""
    return tags["d"]


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): re.sub(r"\s+", "", value) for name, _, value in pairs}


def _line(name: str, value: str) -> str:
    return f"{name}:{' '.join(value.split())}"


def _body(body: str) -> str:
    lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return "".join(f"{line}\r\n" for line in lines)
