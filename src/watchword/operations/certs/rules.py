"""What a certificate says, and who it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BITS = 2048
_LONGEST_NAME = 64  # of a common name (RFC 5280, appendix A.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the three files are."""

    key: Path
    request: Path
    certificate: Path


def files_in(folder: Path) -> Files:
    """Return the files of a folder."""
    return Files(
        key=folder / "private.key",
        request=folder / "certificate.csr",
        certificate=folder / "certificate.crt",
    )


def alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    """Return host names and addresses as a certificate says them. ValueError: one is neither."""
    return x509.SubjectAlternativeName([_general_name(host) for host in hosts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode()
    except UnicodeError:
        name = ""
    labels = name.removeprefix("*.").split(".")
    if not all(label and all(c.isalnum() or c == "-" for c in label) for label in labels):
        message = f"{host} is neither a host name nor an address"
        raise ValueError(message)
    return x509.DNSName(name)


def subject(hosts: Sequence[str]) -> x509.Name:
    """Return who it is made out to: the first host."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:_LONGEST_NAME])])


def request(key: RSAPrivateKey, hosts: Sequence[str]) -> x509.CertificateSigningRequest:
    """Return what an authority is asked to sign."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject(hosts))
    return builder.add_extension(alternative_names(hosts), critical=False).sign(key, SHA256())


def self_signed(
    key: RSAPrivateKey, hosts: Sequence[str], now: datetime, days: int, serial: int
) -> x509.Certificate:
    """Return a certificate that nobody vouches for but itself."""
    name = subject(hosts)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(minutes=5))  # a clock elsewhere may be behind
        .not_valid_after(now + timedelta(days=days))
        .add_extension(alternative_names(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
