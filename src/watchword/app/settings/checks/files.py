"""Files that settings name: there, complete, and private where they must be."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from watchword.app.settings.catalogue import Entry
from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.values import Settings
from watchword.plumbing.settings import ServerSettings
from watchword.records.signing_keys.rules import TokenSettings

_LEAST_BITS = 2048
_KEYS = ("SSL_KEY_PATH", "JWT_PRIVATE_KEY_PATH", "DB_SSL_KEY_PATH")
_OPEN = (
    "SSL_CERT_PATH",
    "SSL_CA_PATH",
    "JWT_PUBLIC_KEY_PATH",
    "DB_SSL_CA_PATH",
    "DB_SSL_CERT_PATH",
)


def keys(settings: Settings, findings: Findings, cwd: Path) -> None:
    """Keys and certificates can be read, the keys by us alone."""
    for name in (*_KEYS, *_OPEN):
        path = settings.texts.get(name, "")
        if path and not _mode(cwd / path):
            findings.wrong(name, f"{path} cannot be read.")
        elif path and name in _KEYS and _mode(cwd / path) & stat.S_IROTH:
            findings.unsafe(name, f"{path} can be read by everybody: chmod 600 {path}")
    server, tokens = settings.section(ServerSettings), settings.section(TokenSettings)
    if bool(server.ssl_key_path) != bool(server.ssl_cert_path):
        missing = "SSL_CERT_PATH" if server.ssl_key_path else "SSL_KEY_PATH"
        findings.wrong(missing, "is missing; SSL_KEY_PATH and SSL_CERT_PATH belong together.")
    _strength(tokens, findings, cwd)
    _pair(tokens, findings, cwd)
    if not tokens.private_key_path and (tokens.algorithm == "RS256" or tokens.public_key_path):
        findings.wrong("JWT_PRIVATE_KEY_PATH", "is missing; RS256 signs with a key from a file.")


def _strength(tokens: TokenSettings, findings: Findings, cwd: Path) -> None:
    """An RSA key that signs has 2048 bits; fewer are nobody's standard any more."""
    try:
        private = load_pem_private_key((cwd / tokens.private_key_path).read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return  # told elsewhere
    if isinstance(private, RSAPrivateKey) and private.key_size < _LEAST_BITS:
        findings.wrong(
            "JWT_PRIVATE_KEY_PATH",
            f"holds an RSA key of {private.key_size} bits: use {_LEAST_BITS} or more.",
        )


def _pair(tokens: TokenSettings, findings: Findings, cwd: Path) -> None:
    """The public key is the private one's own."""
    if not (tokens.private_key_path and tokens.public_key_path):
        return
    try:
        private = load_pem_private_key((cwd / tokens.private_key_path).read_bytes(), None)
        public = load_pem_public_key((cwd / tokens.public_key_path).read_bytes())
    except OSError:
        return  # told above
    except (ValueError, TypeError, UnsupportedAlgorithm):
        findings.wrong("JWT_PRIVATE_KEY_PATH", "and JWT_PUBLIC_KEY_PATH must hold keys in PEM.")
        return
    if private.public_key() != public:
        findings.wrong("JWT_PUBLIC_KEY_PATH", "is not the public half of JWT_PRIVATE_KEY_PATH.")


def secret_files(
    settings: Settings, entries: Mapping[str, Entry], findings: Findings, cwd: Path
) -> None:
    """Secrets that came from files are for us alone, as keys are.

    Where Docker and Kubernetes mount theirs there is nobody else: of those it is only said.
    """
    if not findings.strict:
        return
    for name, source in settings.sources.items():
        path = source.file
        if not (path and entries[name].secret and _mode(cwd / path) & stat.S_IROTH):
            continue
        if _is_mounted(cwd / path):
            findings.warn(name, f"comes from {path}, which everybody in this container can read.")
        else:
            findings.wrong(name, f"comes from {path}, which everybody can read: chmod 600 {path}")


def _is_mounted(path: Path) -> bool:
    """Tell whether the file, or its folder, was mounted on its own."""
    return os.path.ismount(path) or os.path.ismount(path.parent)


def _mode(path: Path) -> int:
    """Return the file's mode; 0 when it is no file."""
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_mode if stat.S_ISREG(found.st_mode) else 0
