"""A certificate for tests, as an operator makes one and the service serves it."""

import shutil
import ssl
import stat
import urllib.request
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.ports import free_port
from tests.support.program import serving, watchword
from tests.support.terminal import Terminal

HOSTS = ("--host", "auth.example.org", "--host", "127.0.0.1", "--host", "büro.example.org")


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal("sqlite:////nowhere/at/all.db", tmp_path)


@pytest.mark.req("G-52")
def test_a_pair_for_tests_names_its_hosts_and_lives_a_year(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "ssl"
    told = terminal.run("certs", "self-signed", *HOSTS, str(folder), "--json").json
    key_file, certificate_file = Path(told["SSL_KEY_PATH"]), Path(told["SSL_CERT_PATH"])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key = load_pem_private_key(key_file.read_bytes(), None)
    made = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    request = x509.load_pem_x509_csr((folder / "certificate.csr").read_bytes())
    assert made.public_key() == key.public_key() == request.public_key()
    assert isinstance(made.public_key(), RSAPublicKey)
    assert made.public_key().key_size == 2048
    for document in (made, request):
        names = document.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == [
            "auth.example.org",
            "xn--bro-hoa.example.org",
        ]
        assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1")]
    assert request.is_signature_valid
    life = made.not_valid_after_utc - made.not_valid_before_utc
    assert timedelta(days=365) <= life < timedelta(days=366)


@pytest.mark.req("G-52")
def test_the_service_serves_it_to_who_trusts_it_and_to_nobody_else(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "watchword.db")
    made = watchword("certs", "self-signed", "--host", "127.0.0.1", "ssl", cwd=tmp_path)
    assert (made.returncode, len(made.stdout.splitlines())) == (0, 2)
    paths = dict(line.split("=", 1) for line in made.stdout.splitlines())
    port = free_port()
    environ = {
        **paths,
        "APP_ENV": "development",
        "JWT_SECRET": "weak",
        "PORT": str(port),
        "METRICS_PORT": "0",
        "WEB_CONCURRENCY": "1",
    }
    url = f"https://127.0.0.1:{port}"
    trusting = ssl.create_default_context(cafile=str(tmp_path / paths["SSL_CERT_PATH"]))
    with serving(url, cwd=tmp_path, environ=environ, tls=trusting):
        with urllib.request.urlopen(f"{url}/health", context=trusting) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"{url}/health")


def test_files_that_exist_are_never_written_over(terminal: Terminal, tmp_path: Path) -> None:
    for name in ("private.key", "certificate.csr", "certificate.crt"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_text("mine")
        said = terminal.run("certs", "self-signed", "--host", "localhost", str(folder))
        assert (said.code, said.out) == (1, "")
        assert name in said.err
        assert [path.read_text() for path in folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("host", ["", "two words", "a..b", "evil/../x", "*.*.x", "a" * 70])
def test_what_is_no_host_is_refused(terminal: Terminal, tmp_path: Path, host: str) -> None:
    said = terminal.run("certs", "self-signed", "--host", host, str(tmp_path / "ssl"))
    assert (said.code, (tmp_path / "ssl").exists()) == (2, False)
