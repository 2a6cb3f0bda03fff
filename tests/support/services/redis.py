"""Redis for tests, with the files of deploy/redis as they are shipped: only ports and folders are ours.

find       where redis-server and redis-cli are: PATH, or Debian's packages unpacked into our cache folder
started    a store from one of the files, with users made by the shipped script, until the block ends
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import redis

from tests.support.ports import free_port
from tests.support.services import debian
from tests.support.services.kept import Kept
from tests.support.services.missing import ServiceMissing

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache/redis"
SHIPPED = ROOT / "deploy/redis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redis:
    """The programs: a server, a client, and where they find their libraries."""

    server: str
    client: str
    libraries: str

    @property
    def environment(self) -> dict[str, str]:
        """Return what the shipped scripts are told of them."""
        told = {"REDIS_SERVER": self.server, "REDIS_CLI": self.client}
        return {**told, "LD_LIBRARY_PATH": self.libraries} if self.libraries else told

    def served_by(self, server: Path) -> "Redis":
        """Return the same with another server."""
        return replace(self, server=str(server))


def find(cache: Path = CACHE) -> Redis:
    """Return the first Redis there is. ServiceMissing: there is none."""
    server, client = shutil.which("redis-server"), shutil.which("redis-cli")
    if server and client:
        return Redis(server=server, client=client, libraries="")
    if root := debian.unpacked(cache, "redis-server", "redis-tools"):
        found = ":".join(map(str, debian.libraries(root)))
        programs = root / "usr/bin"
        return Redis(
            server=str(programs / "redis-server"),
            client=str(programs / "redis-cli"),
            libraries=found,
        )
    raise ServiceMissing(
        "Redis",
        fix="apt-get install redis-server",
        tried="PATH, the cache folder, Debian packages",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A running store."""

    programs: Redis
    folder: Path
    port: int
    tls: bool
    password: str
    operator_password: str
    monitor_password: str

    @property
    def url(self) -> str:
        """Return where it is, for the service."""
        return f"{self._scheme}://:{self.password}@127.0.0.1:{self.port}/0{self._trust}"

    @property
    def _scheme(self) -> str:
        return "rediss" if self.tls else "redis"

    @property
    def _trust(self) -> str:
        return f"?ssl_ca_certs={self.folder}/tls/relay.pem" if self.tls else ""

    def line(self, user: str = "default", password: str | None = None) -> Any:
        """Return a connection as the service, or as whom it is said."""
        known = {"default": self.password, "operator": self.operator_password}
        known["monitor"] = self.monitor_password
        word = known[user] if password is None else password
        url = f"{self._scheme}://{user}:{word}@127.0.0.1:{self.port}/0{self._trust}"
        return redis.Redis.from_url(url, decode_responses=True)

    @property
    def log(self) -> str:
        """Return what it said."""
        return (self.folder / "redis.log").read_text()

    def healthy(self, password: str | None = None) -> int:
        """Return what the shipped health check ends with."""
        where = self.folder / "asked"
        where.mkdir(exist_ok=True)
        (where / "redis_password").write_text(self.password if password is None else password)
        how = ["--tls", "--cacert", f"{self.folder}/tls/relay.pem"] if self.tls else []
        return subprocess.run(
            [SHIPPED / "healthcheck.sh", "-p", str(self.port), *how],
            env={**os.environ, **self.programs.environment, "REDIS_SECRETS": str(where)},
            capture_output=True,
            check=False,
        ).returncode


@contextlib.contextmanager
def started(
    programs: Redis,
    name: str,
    *words: str,
    users: str = "users.acl",
    certificates: Path | None = None,
) -> Iterator[Store]:
    """Start `name` with overlays and options, as an operator does; by TLS with a folder's certificate."""
    home = Path(tempfile.mkdtemp(prefix="watchword-redis-"))
    store = Store(
        programs=programs,
        folder=home,
        port=free_port(),
        tls=certificates is not None,
        password=secrets.token_hex(16),
        operator_password=secrets.token_hex(16),
        monitor_password=secrets.token_hex(16),
    )
    for folder in ("secrets", "run", "data"):
        (home / folder).mkdir()
    (home / "secrets/redis_password").write_text(store.password)
    (home / "secrets/redis_monitor_password").write_text(store.monitor_password)
    (home / "secrets/redis_operator_password").write_text(f"{store.operator_password}\n")
    told = {
        **programs.environment,
        "REDIS_SECRETS": f"{home}/secrets",
        "REDIS_RUN": f"{home}/run",
        "REDIS_DATA": f"{home}/data",
        "REDIS_USERS": users,
    }
    ours = ["--tls-port" if store.tls else "--port", str(store.port)]
    if certificates is not None:
        shutil.copytree(certificates, home / "tls")
        ours += ["--tls-cert-file", f"{home}/tls/relay.pem"]
        ours += ["--tls-key-file", f"{home}/tls/relay.pem"]
        ours += ["--tls-ca-cert-file", f"{home}/tls/relay.pem"]
        words = ("--include", str(SHIPPED / "tls.conf"), *words)
    begin = ["env", *(f"{key}={value}" for key, value in told.items()), str(SHIPPED / "start.sh")]
    kept = Kept.start("redis", [*begin, str(SHIPPED / name), *words, *ours], folder=home)

    def answers() -> bool:
        try:
            with store.line() as line:
                return bool(line.ping())
        except redis.exceptions.ConnectionError:
            return False

    try:
        kept.wait_until(answers)
        yield store
    finally:
        kept.stop()
