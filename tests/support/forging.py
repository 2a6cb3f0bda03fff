"""Forging: tokens as an attacker would write them, by hand."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any


def part(value: bytes) -> str:
    """Write one part of a token."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and claims, believing everything."""
    header, claims, _ = token.split(".")
    opened = [json.loads(urlsafe_b64decode(piece + "==")) for piece in (header, claims)]
    return opened[0], opened[1]


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return the two parts that a signature is made over."""
    return f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"


def hs256(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """Return a token with a keyed digest in place of a signature, whatever the key is."""
    text = unsigned({**header, "alg": "HS256"}, claims)
    return f"{text}.{part(hmac.digest(key, text.encode(), sha256))}"
