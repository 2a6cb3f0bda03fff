"""How the programs of PostgreSQL are told where to go, and nobody else the password.

A connection string is on their command line, which everybody may read; the password is in a file.

Source: https://www.postgresql.org/docs/current/libpq-connect.html, libpq-pgpass.html
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, unquote, urlsplit

from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.secret import Secret
from watchword.plumbing.db.dumps.contents import BackupToolMissing

_PASSED = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}  # no secret of ours is theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A database, as its URL tells it, and the files of its TLS; `programs` is the folder of pg_dump."""

    url: Secret
    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""
    programs: str = ""

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment of a program: nothing of ours."""
        return _PASSED

    def program(self, name: str) -> str:
        """Return the path of a program. Problem: `backup_tool_missing`."""
        found = shutil.which(name, path=self.programs or None)
        if found is None:
            raise BackupToolMissing(private=name)
        return found

    @contextmanager
    def told(self) -> Iterator[str]:
        """Yield a connection string that names a file with the password, while the block lasts."""
        parts = self._parts()
        with TemporaryDirectory(prefix="watchword-") as folder:
            if password := unquote(urlsplit(self.url.reveal()).password or ""):
                file = Path(folder) / "pgpass"
                opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(opened, "w", encoding="utf-8") as written:
                    written.write(f"*:*:*:*:{_escaped(password)}\n")
                parts["passfile"] = str(file)
            yield " ".join(f"{name}={_quoted(value)}" for name, value in parts.items())

    def _parts(self) -> dict[str, str]:
        url = urlsplit(self.url.reveal())
        hosts = [each.rpartition("@")[2] for each in url.netloc.split(",")]
        split = [_host_and_port(each) for each in hosts if each]
        parts = {
            "host": ",".join(host for host, _ in split),
            "port": ",".join(port for _, port in split),
            "dbname": unquote(url.path.lstrip("/")),
            "user": unquote(url.username or ""),
            "options": f"-c watchword.tenant={DEFAULT_TENANT}",
            "application_name": "watchword backup",
            **dict(parse_qsl(url.query)),
            **self._protection(),  # whatever the URL says of it
        }
        return {name: value for name, value in parts.items() if value.strip(",")}

    def _protection(self) -> dict[str, str]:
        if not self.tls:
            return {}
        return {
            "sslmode": "verify-full",
            "sslrootcert": self.ca or "system",
            "sslcert": self.certificate,
            "sslkey": self.key,
            "ssl_min_protocol_version": "TLSv1.2",
        }


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = text.partition(":")
    return unquote(host), port


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")
