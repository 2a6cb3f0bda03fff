"""Hashes that other systems made: read, bounded and verified; none is ever made here.

    bcrypt    $2b$12$...   ($2a$, $2y$)               argon2   $argon2id$v=19$m=...,t=...,p=...$...$...
    PBKDF2    $pbkdf2-sha256$rounds$salt$sum          pbkdf2_sha256$rounds$salt$sum      (Django)
              pbkdf2:sha256:rounds$salt$sum           (Werkzeug); each with sha512 as well
    scrypt    $scrypt$ln=...,r=...,p=...$salt$sum     scrypt$N$salt$r$p$sum              (Django)
              scrypt:N:r:p$salt$sum                   (Werkzeug)

They are without our pepper, over the password as it was typed. What would cost more than about a second or
128 MiB is not read, for a sign-in pays it: whoever brings a hash says how slow we are. Nor is one that is
shorter than 128 bits: a column that was cut off would be matched by too many.
Source: RFC 7914 (scrypt), RFC 8018 (PBKDF2), RFC 9106 (argon2).
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import re
import string
from collections.abc import Callable

import bcrypt
from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, verify_secret

Verify = Callable[[bytes], bool]

_MEMORY = 128 * 1024 * 1024
_MOST_ROUNDS = 2_000_000  # of PBKDF2, for all blocks of its sum
_MOST_MIXES = 1 << 20  # of scrypt: N times r times p
_MOST_KIBIBYTES = 1 << 20  # that argon2 fills, in all its passes
_LEAST_SUM = 16  # bytes
_LEAST_BCRYPT, _MOST_BCRYPT = 4, 14
_MOST_LANES = 16
_BCRYPT_READS = 72
_BCRYPT_SIGNS = f"./{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}"
_SPARE = 1024 * 1024

_DIGEST = r"(?P<digest>sha256|sha512)"
_TEXT = r"(?P<salt>[^$]{1,128})"
_B64 = r"(?P<sum>[A-Za-z0-9+/]{20,128}={0,2})"
_AB64 = r"(?P<{}>[A-Za-z0-9+/.]{{2,128}})"
_HEX = r"(?P<hex>(?:[0-9a-f]{2}){16,64})"
_COSTS = r"r=(?P<r>[0-9]{1,2}),p=(?P<p>[0-9]{1,2})"
_BCRYPT = re.compile(r"(?:bcrypt\$)?(?P<hash>\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53})")
_ARGON2 = re.compile(r"(?:argon2)?(?P<hash>\$argon2(?P<kind>id|i|d)\$[!-~]{1,256})")
_PBKDF2 = (
    re.compile(rf"pbkdf2_{_DIGEST}\$(?P<rounds>[0-9]{{1,7}})\${_TEXT}\${_B64}"),
    re.compile(rf"pbkdf2:{_DIGEST}:(?P<rounds>[0-9]{{1,7}})\${_TEXT}\${_HEX}"),
    re.compile(
        rf"\$pbkdf2-{_DIGEST}\$(?P<rounds>[0-9]{{1,7}})"
        rf"\${_AB64.format('salt64')}\${_AB64.format('sum64')}"
    ),
)
_SCRYPT = (
    re.compile(rf"scrypt\$(?P<n>[0-9]{{1,7}})\${_TEXT}\$(?P<r>[0-9]{{1,2}})\$(?P<p>[0-9]{{1,2}})\${_B64}"),
    re.compile(rf"scrypt:(?P<n>[0-9]{{1,7}}):(?P<r>[0-9]{{1,2}}):(?P<p>[0-9]{{1,2}})\${_TEXT}\${_HEX}"),
    re.compile(
        rf"\$scrypt\$ln=(?P<ln>[0-9]{{1,2}}),{_COSTS}"
        rf"\${_AB64.format('salt64')}\${_AB64.format('sum64')}"
    ),
)  # fmt: skip
_KINDS = {"id": Type.ID, "i": Type.I, "d": Type.D}


def reader(stored: str) -> Verify | None:
    """Return what compares a password with this hash; nothing for what is not read here."""
    for read in (_bcrypt, _argon2, _pbkdf2, _scrypt):
        with contextlib.suppress(ValueError, binascii.Error, InvalidHashError):
            verify = read(stored)
            if verify is not None:
                return verify
    return None


def matches(stored: str, password: str) -> bool:
    """Tell whether the password made the hash."""
    verify = reader(stored)
    with contextlib.suppress(ValueError, MemoryError):  # a cost that the library refuses after all
        return verify is not None and verify(password.encode())
    return False


def _bcrypt(stored: str) -> Verify | None:
    found = _BCRYPT.fullmatch(stored)
    if found is None or not _LEAST_BCRYPT <= int(found["cost"]) <= _MOST_BCRYPT:
        return None
    hashed = _without_spare_bits(found["hash"]).encode()
    return lambda password: bcrypt.checkpw(password[:_BCRYPT_READS], hashed)


def _without_spare_bits(hashed: str) -> str:
    """Return a bcrypt hash whose salt and sum end as bcrypt writes them: old libraries left bits there."""
    parts, salt, known = hashed[:7], hashed[7:29], hashed[29:]
    return parts + _masked(salt, 0b110000) + _masked(known, 0b111100)


def _masked(text: str, mask: int) -> str:
    return text[:-1] + _BCRYPT_SIGNS[_BCRYPT_SIGNS.index(text[-1]) & mask]


def _argon2(stored: str) -> Verify | None:
    found = _ARGON2.fullmatch(stored)
    if found is None:
        return None
    cost = extract_parameters(found["hash"])
    filled = cost.memory_cost * cost.time_cost
    if cost.memory_cost * 1024 > _MEMORY or filled > _MOST_KIBIBYTES:
        return None
    if cost.parallelism > _MOST_LANES or cost.hash_len < _LEAST_SUM:
        return None
    hashed, kind = found["hash"].encode(), _KINDS[found["kind"]]

    def verify(password: bytes) -> bool:
        with contextlib.suppress(VerificationError, InvalidHashError):
            return verify_secret(hashed, password, kind)
        return False

    return verify


def _pbkdf2(stored: str) -> Verify | None:
    found = _first(_PBKDF2, stored)
    if found is None:
        return None
    digest, rounds, (salt, known) = found["digest"], int(found["rounds"]), _salt_and_sum(found)
    blocks = -(-len(known) // hashlib.new(digest).digest_size)
    if len(known) < _LEAST_SUM or not 0 < rounds * blocks <= _MOST_ROUNDS:
        return None
    return lambda password: hmac.compare_digest(
        hashlib.pbkdf2_hmac(digest, password, salt, rounds, len(known)), known
    )


def _scrypt(stored: str) -> Verify | None:
    found = _first(_SCRYPT, stored)
    if found is None:
        return None
    given = found.groupdict()
    n = 1 << int(given["ln"]) if given.get("ln") else int(given["n"])
    r, p = int(given["r"]), int(given["p"])
    salt, known = _salt_and_sum(found)
    memory = 128 * n * r
    if not (r and p and _is_power_of_two(n)) or n >= 1 << (16 * r) or len(known) < _LEAST_SUM:
        return None  # RFC 7914, section 2
    if memory > _MEMORY or n * r * p > _MOST_MIXES:
        return None
    most = memory + 128 * r * p + _SPARE
    return lambda password: hmac.compare_digest(
        hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, dklen=len(known), maxmem=most), known
    )


def _is_power_of_two(n: int) -> bool:
    return n > 1 and not n & (n - 1)


def _first(patterns: tuple[re.Pattern[str], ...], stored: str) -> re.Match[str] | None:
    return next((found for each in patterns if (found := each.fullmatch(stored))), None)


def _salt_and_sum(found: re.Match[str]) -> tuple[bytes, bytes]:
    """Return both as bytes, however the system spells them."""
    given = found.groupdict()
    if "salt64" in given:
        return _loose(given["salt64"]), _loose(given["sum64"])
    known = bytes.fromhex(given["hex"]) if "hex" in given else _strict(given["sum"])
    return given["salt"].encode(), known


def _loose(text: str) -> bytes:
    """Read base 64 without its padding, where a full stop may stand for the plus sign."""
    return _strict(text.replace(".", "+") + "=" * (-len(text) % 4))


def _strict(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
