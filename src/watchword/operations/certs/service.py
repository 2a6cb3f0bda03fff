"""Certificates: make the files, and never write over any."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from watchword.kernel.chance import Chance
from watchword.operations.certs import rules
from watchword.operations.certs.rules import Files


def make_self_signed(
    folder: Path, hosts: Sequence[str], days: int, now: datetime, chance: Chance
) -> Files:
    """Write key, request and certificate. FileExistsError; ValueError: a host is none."""
    rules.alternative_names(hosts)
    files = rules.files_in(folder)
    for path in (files.request, files.certificate):
        if path.exists():
            raise FileExistsError(17, "exists", str(path))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=rules.BITS)
    handle = os.open(files.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files.request.write_bytes(rules.request(key, hosts).public_bytes(Encoding.PEM))
    serial = int.from_bytes(chance.draw(16)) | 1
    certificate = rules.self_signed(key, hosts, now, days, serial)
    files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    return files
