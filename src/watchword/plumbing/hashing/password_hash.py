"""Slow hashes: argon2id (RFC 9106; 19 MiB, t=2, p=1) and bcrypt, over an HMAC under the pepper.

The HMAC keeps a stolen table useless without the pepper, and lifts bcrypt's limit of 72 bytes. These
functions block for tens of milliseconds: run them in the `HashPool`.
"""

import base64
import contextlib

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from watchword.kernel.secret import Peppers

_ARGON2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_TODAY = f"$argon2id$v=19$m={_ARGON2.memory_cost},t={_ARGON2.time_cost},p={_ARGON2.parallelism}$"
_PURPOSE = "password"


def _peppered(peppers: Peppers, version: int, password: str) -> bytes:
    return base64.b64encode(peppers.digest(_PURPOSE, password, version=version))


def make(peppers: Peppers, scheme: str, rounds: int, password: str) -> str:
    """Hash a normalised password under the current pepper."""
    material = _peppered(peppers, peppers.current, password)
    if scheme == "bcrypt":
        return bcrypt.hashpw(material, bcrypt.gensalt(rounds)).decode()
    return _ARGON2.hash(material)


def matches(peppers: Peppers, stored: str, version: int, password: str) -> bool:
    """Tell whether the password made the hash; false for a pepper we no longer have."""
    if version not in peppers.keys:
        return False
    material = _peppered(peppers, version, password)
    if stored.startswith("$2"):
        return bcrypt.checkpw(material, stored.encode())
    with contextlib.suppress(VerificationError, InvalidHashError):
        return _ARGON2.verify(stored, material)
    return False


def outdated(stored: str, scheme: str, rounds: int) -> bool:
    """Tell whether we would hash it differently today."""
    if scheme == "bcrypt":
        return not stored.startswith(f"$2b${rounds:02d}$")
    return not stored.startswith(_TODAY)
