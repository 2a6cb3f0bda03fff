"""The service ends TLS itself, where nobody stands before it."""

import contextlib
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port
from tests.support.program import serving, watchword

Key = ec.EllipticCurvePrivateKey


def certificate(name: str, key: Key, issuer: str, signer: Key, *, ca: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .sign(signer, SHA256())
    )


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Make an authority, and a key and certificate that it signed; return them as settings."""
    authority, own = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    pem = serialization.Encoding.PEM
    private = own.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "private.key").write_bytes(private)
    (tmp_path / "private.key").chmod(0o600)
    signed = certificate("auth", own, "authority", authority, ca=False)
    root = certificate("authority", authority, "authority", authority, ca=True)
    (tmp_path / "certificate.crt").write_bytes(signed.public_bytes(pem))
    (tmp_path / "ca.crt").write_bytes(root.public_bytes(pem))
    return {
        "SSL_KEY_PATH": "private.key",
        "SSL_CERT_PATH": "certificate.crt",
        "SSL_CA_PATH": "ca.crt",
    }


@pytest.mark.req("G-21", "K-46")
def test_those_who_know_the_authority_are_served_and_nobody_else(
    tmp_path: Path, migrated_sqlite: Path, files: dict[str, str]
) -> None:
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "watchword.db")
    port, knowing = free_port(), ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    environ = {
        **files,
        "APP_ENV": "development",
        "JWT_SECRET": "weak",
        "PORT": str(port),
        "METRICS_PORT": "0",
        "WEB_CONCURRENCY": "1",
        "HTTPS": "true",
        "TLS_MIN_VERSION": "1.3",
    }
    address = f"https://127.0.0.1:{port}"
    old = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    with serving(address, cwd=tmp_path, environ=environ, tls=knowing):
        assert httpx2.get(f"{address}/health", verify=knowing, timeout=60).status_code == 200
        for stranger in (ssl.create_default_context(), old):
            with pytest.raises(httpx2.ConnectError):
                httpx2.get(f"{address}/health", verify=stranger, timeout=60)
        probed = watchword("health", cwd=tmp_path, environ=environ)

    assert probed.returncode == 0, probed.stderr


def speaking(folder: Path, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return the TLS of a client that speaks one version alone, however old."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.set_ciphers("ALL:@SECLEVEL=0")  # else our own side would refuse the old ones
    context.minimum_version = context.maximum_version = version
    return context


def knock(port: int, client: ssl.SSLContext) -> str | None:
    """Shake hands; return what was agreed on."""
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        client.wrap_socket(line, server_hostname="127.0.0.1") as wrapped,
    ):
        return wrapped.version()


@contextlib.contextmanager
def lenient(folder: Path) -> Iterator[int]:
    """Yield the port of a server that speaks old TLS too, to see that our client can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.load_cert_chain(folder / "certificate.crt", folder / "private.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with context.wrap_socket(line, server_side=True):
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.req("N-91")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_the_newest_tls_is_spoken_and_what_is_broken_is_refused(
    tmp_path: Path, migrated_sqlite: Path, files: dict[str, str]
) -> None:
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "watchword.db")
    port = free_port()
    environ = {
        **files,
        "APP_ENV": "development",
        "JWT_SECRET": "weak",
        "PORT": str(port),
        "METRICS_PORT": "0",
        "WEB_CONCURRENCY": "1",
    }
    knowing = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    old = speaking(tmp_path, ssl.TLSVersion.TLSv1_1)
    with lenient(tmp_path) as elsewhere:
        assert knock(elsewhere, old) == "TLSv1.1"
    with serving(f"https://127.0.0.1:{port}", cwd=tmp_path, environ=environ, tls=knowing):
        assert knock(port, speaking(tmp_path, ssl.TLSVersion.TLSv1_3)) == "TLSv1.3"
        assert knock(port, speaking(tmp_path, ssl.TLSVersion.TLSv1_2)) == "TLSv1.2"
        with pytest.raises(ssl.SSLError):
            knock(port, old)
