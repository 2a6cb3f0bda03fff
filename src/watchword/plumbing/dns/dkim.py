"""DKIM: the public key that a signature's selector names (RFC 6376, 8301 and 8463)."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from watchword.plumbing.dns.tags import TagsInvalid, tags

FLOOR_BITS: Final = 1024
ADVISED_BITS: Final = 2048
_ED25519_BYTES: Final = 32
_DKIM: Final = re.compile(r"\s*v\s*=\s*DKIM1|(?!\s*v\s*=)(.*;)?\s*p\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key record, read: `faults` make signatures worthless, `remarks` are only worth saying."""

    kind: str = "rsa"
    data: str = ""
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def is_key(text: str) -> bool:
    """Tell whether a TXT record looks like a key's."""
    return bool(_DKIM.match(text))


def parse(text: str) -> Key:
    """Read a key record."""
    try:
        found = tags(text)
    except TagsInvalid as fault:
        return Key(faults=(str(fault),))
    kind = found.get("k", "rsa").lower()
    if found.get("v", "DKIM1") != "DKIM1":
        return Key(faults=(f"its version is {found['v']}, not DKIM1",))
    if "p" not in found:
        return Key(faults=("it holds no key (p=)",))
    data = "".join(found["p"].split())
    if not data:
        return Key(kind=kind, faults=("the key was revoked (p= is empty)",))
    faults, remarks = _judge(kind, data)
    if "y" in found.get("t", "").lower().split(":"):
        remarks = (*remarks, "it says that it is a test (t=y)")
    return Key(kind=kind, data=data, faults=faults, remarks=remarks)


def _judge(kind: str, data: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the faults and remarks of a key."""
    judges = {"rsa": _judge_rsa, "ed25519": _judge_ed25519}
    if kind not in judges:
        return (f"its kind of key, {kind}, is unknown",), ()
    try:
        return judges[kind](b64decode(data, validate=True))
    except (NotBase64, ValueError, UnsupportedAlgorithm):
        return ("its key cannot be read: was it cut?",), ()


def _judge_ed25519(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if len(raw) != _ED25519_BYTES:
        return ("its key is no Ed25519 key",), ()
    return (), ()


def _judge_rsa(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    key = load_der_public_key(raw)
    if not isinstance(key, RSAPublicKey):
        return ("its key is no RSA key",), ()
    if key.key_size < FLOOR_BITS:
        return (f"its key has {key.key_size} bits, {FLOOR_BITS} at least are believed",), ()
    if key.key_size < ADVISED_BITS:
        return (), (f"its key has {key.key_size} bits; {ADVISED_BITS} are advised",)
    return (), ()
