"""Sealed bytes: AES-256-GCM under a key that names itself, bound to what they are for.

    sealed = version (1 byte) | nonce (12 bytes) | ciphertext and tag

`context` (for example `outbox:<id>`) is authenticated with them: a payload moved to another row, or
used for another purpose, does not open. Source: NIST SP 800-38D; keys by HKDF (RFC 5869).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.kernel.chance import Chance

_VERSION = b"\x01"
_NONCE = 12


class SealBroken(Exception):
    """These bytes were not sealed by this key for this purpose."""


def derive(secret: str, purpose: str) -> bytes:
    """Derive a 32-byte key for one purpose from a configured secret."""
    return HKDF(SHA256(), 32, salt=b"watchword", info=purpose.encode()).derive(secret.encode())


class Sealer:
    """Seals and opens bytes for one purpose."""

    def __init__(self, key: bytes, chance: Chance) -> None:
        """Use a 32-byte key."""
        self._cipher = AESGCM(key)
        self._chance = chance

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return the sealed bytes."""
        nonce = self._chance.draw(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plain bytes; `SealBroken` when key, context or content differ."""
        if sealed[:1] != _VERSION:
            raise SealBroken
        try:
            return self._cipher.decrypt(
                sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context.encode()
            )
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            raise SealBroken from error
