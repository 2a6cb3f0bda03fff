"""Sealed bytes: AES-256-GCM under a key that names itself, bound to what they are for.

    sealed = version (1 byte) | key id (4 bytes) | nonce (12 bytes) | ciphertext and tag

`context` (for example `outbox:<id>`) is authenticated with them: a payload moved to another row, or
used for another purpose, does not open. The key id is a digest of the key: it says which key sealed, so
that what another key sealed is told from what is broken. The first version had none, and still opens.
Source: NIST SP 800-38D; keys by HKDF (RFC 5869).
"""

from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.kernel.chance import Chance

_WITHOUT_KEY_ID, _VERSION = b"\x01", b"\x02"
_KEY_ID, _NONCE = 4, 12


class SealBroken(Exception):
    """These bytes were not sealed by this key for this purpose."""


def derive(secret: str, purpose: str) -> bytes:
    """Derive a 32-byte key for one purpose from a configured secret."""
    return HKDF(SHA256(), 32, salt=b"watchword", info=purpose.encode()).derive(secret.encode())


class SealedElsewhere(SealBroken):
    """Another key sealed these bytes."""


class Sealer:
    """Seals and opens bytes for one purpose."""

    def __init__(self, key: bytes, chance: Chance) -> None:
        """Use a 32-byte key."""
        self._cipher = AESGCM(key)
        self._chance = chance
        self.key_id = sha256(b"watchword key id" + key).digest()[:_KEY_ID]

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return the sealed bytes."""
        nonce = self._chance.draw(_NONCE)
        head = _VERSION + self.key_id
        return head + nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the plain bytes; `SealBroken` when context or content differ, `SealedElsewhere`."""
        head, rest = sealed[:1], sealed[1:]
        if head == _VERSION:
            key_id, rest = rest[:_KEY_ID], rest[_KEY_ID:]
            if key_id != self.key_id:
                raise SealedElsewhere
        elif head != _WITHOUT_KEY_ID:
            raise SealBroken
        try:
            return self._cipher.decrypt(rest[:_NONCE], rest[_NONCE:], context.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
            raise SealBroken from error
