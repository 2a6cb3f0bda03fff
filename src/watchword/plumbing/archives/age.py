"""age: encrypt a stream to recipients, and decrypt it with an identity.

It goes in chunks that cannot be changed, moved or cut off unseen. The tool `age` opens what is made here, and
the other way round.
Whoever knows a recipient can make a file for it: that it is ours is for others to prove (`records/backups`).
Source: https://age-encryption.org/v1
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from watchword.kernel.problems import Kind, Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.archives.measured import Measured

RECIPIENT: Final = re.compile(
    r"age1[02-9ac-hj-np-z]{58}|ssh-(?:ed25519|rsa) [A-Za-z0-9+/=]+(?: .*)?"
)
IDENTITY: Final = "AGE-SECRET-KEY-"
_SSH: Final = "-----BEGIN OPENSSH PRIVATE KEY-----"


class BackupKeyWrong(Problem):
    """This key opens nothing here: give the identity that belongs to the recipient of the backup."""

    code = "backup_key_wrong"
    kind = Kind.CONFLICT


class BackupExtraMissing(Problem):
    """Encryption needs the extra `backup`: pip install 'watchword[backup]'."""

    code = "backup_extra_missing"
    kind = Kind.CONFLICT


class Broken(Exception):
    """What was to be decrypted is not whole, or not for this key; the reason says which."""


def recipients(texts: Sequence[str]) -> list[Any]:
    """Read recipients: `age1...`, or a public key of SSH. ValueError: one is none."""
    age = _age()
    try:
        return [
            age.ssh.Recipient.from_str(text)
            if text.startswith("ssh-")
            else age.x25519.Recipient.from_str(text)
            for text in texts
        ]
    except age.RecipientError as error:
        raise ValueError("is no public key of age (age1...) or of SSH (ssh-ed25519 ...)") from error


def identities(text: Secret) -> list[Any]:
    """Read a file of identities of `age-keygen`, or a private key of SSH. Problem: `backup_key_wrong`."""
    age, told = _age(), text.reveal()
    lines = [line.strip() for line in told.splitlines() if line.strip().startswith(IDENTITY)]
    try:
        if told.lstrip().startswith(_SSH):
            return [age.ssh.Identity.from_buffer(told.encode())]
        found = [age.x25519.Identity.from_str(line) for line in lines]
    except age.IdentityError as error:
        raise BackupKeyWrong(private=str(error)) from error
    if not found:
        raise BackupKeyWrong("This is no identity: a line of its file begins with AGE-SECRET-KEY-.")
    return found


def encrypt(
    source: Measured,
    target: Measured,
    to: Sequence[Any],
) -> None:
    """Encrypt the source to the recipients. What the streams raise is raised."""
    age = _age()
    try:
        age.encrypt_io(source, target, to)
    except age.EncryptError as error:
        raise (source.trouble or target.trouble or error) from error
    target.flush()


def decrypt(
    source: Measured,
    target: Measured,
    by: Sequence[Any],
) -> None:
    """Decrypt the source. `Broken`: it is not whole, or not for this key; else what the streams raise."""
    age = _age()
    try:
        age.decrypt_io(source, target, by)
    except (age.DecryptError, OSError) as error:
        if trouble := source.trouble or target.trouble:
            raise trouble from error
        raise Broken(str(error)) from error
    target.flush()


def _age() -> Any:
    try:
        import pyrage  # noqa: PLC0415 - an extra
    except ImportError as missing:
        raise BackupExtraMissing from missing
    return pyrage
