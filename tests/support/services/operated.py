"""PostgreSQL as an operator sets it up: Debian's build, the files of deploy/postgres, TLS, five roles.

find      where a PostgreSQL that speaks TLS is: Debian's folder, or its packages unpacked into our cache
started   a server by the shipped files, with the five roles and a database, until the block ends
follower  another one that follows it
"""

import contextlib
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg

from tests.support.ports import free_port
from tests.support.relay import certificate
from tests.support.services import debian
from tests.support.services.kept import NOBODY, Kept, am_root, server_identity
from tests.support.services.missing import ServiceMissing

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache/postgres"
SHIPPED = ROOT / "deploy/postgres"
ROLES = ("migrator", "app", "auditor", "readonly")
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """The folder of the programs, and where they find their libraries."""

    folder: str
    libraries: str

    def command(self, name: str, *words: str) -> list[str]:
        """Return the command that runs one of them."""
        told = [f"LD_LIBRARY_PATH={self.libraries}"] if self.libraries else []
        return ["env", *told, f"{self.folder}/{name}", *words]


def find(cache: Path = CACHE) -> Programs:
    """Return the first PostgreSQL with TLS. ServiceMissing: there is none."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "postgres").exists():
            return Programs(folder=str(folder), libraries="")
    if root := debian.unpacked(cache, "postgresql"):
        libraries = ":".join(map(str, debian.libraries(root)))
        folder = next(root.glob("usr/lib/postgresql/*/bin"))
        return Programs(folder=str(folder), libraries=libraries)
    raise ServiceMissing(
        "PostgreSQL with TLS",
        fix="apt-get install postgresql",
        tried="/usr/lib/postgresql, the cache folder, Debian packages",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operated:
    """A running server; `folder` holds its certificate, `secrets` the passwords of its roles."""

    programs: Programs
    folder: Path
    port: int
    database: str
    passwords: dict[str, str]

    @property
    def place(self) -> str:
        """Return its host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def trust(self) -> str:
        """Return the file of who vouches for the server."""
        return str(self.folder / "relay.pem")

    @property
    def tls(self) -> ssl.SSLContext:
        """Return how a client verifies it."""
        return ssl.create_default_context(cafile=self.trust)

    def url(self, role: str, database: str | None = None, query: str = "") -> str:
        """Return the URL of a role; `postgres` is the superuser."""
        user = f"watchword_{role}" if role in ROLES else role
        who = f"{user}:{self.passwords[role]}"
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database or self.database}{query}"

    async def connect(self, role: str, **settings: str) -> Any:
        """Return a connection as a role, with settings of the session."""
        return await asyncpg.connect(self.url(role), ssl=self.tls, server_settings=settings)

    def psql(self, role: str, *words: str, database: str | None = None, **told: str) -> str:
        """Run psql as a role, by TLS; return what it printed. CalledProcessError: it failed."""
        return subprocess.run(
            self.programs.command("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *words),
            env={
                **os.environ,
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self.port),
                "PGUSER": f"watchword_{role}" if role in ROLES else role,
                "PGPASSWORD": self.passwords[role],
                "PGDATABASE": database or self.database,
                "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": self.trust,
                **told,
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def script(self, name: str, role: str, /, **variables: str) -> str:
        """Run one of the shipped scripts as a role."""
        told = [word for key, value in variables.items() for word in ("-v", f"{key}={value}")]
        return self.psql(role, *told, "-f", str(SHIPPED / name))


@contextlib.contextmanager
def started(
    programs: Programs, *, database: str = "watchword", app_login: str = "", **settings: str
) -> Iterator[Operated]:
    """Start a server on the shipped files, and run the shipped script of a fresh one."""
    home = Path(tempfile.mkdtemp(prefix="watchword-operated-"))
    for made in ("etc", "secrets", "log"):
        (home / made).mkdir()
    certificate(home)
    for name in ("postgresql.conf", "pg_hba.conf"):
        shutil.copy(SHIPPED / name, home / "etc" / name)
    passwords = {role: secrets.token_hex(16) for role in (*ROLES, "postgres")}
    for role, password in passwords.items():
        (home / f"secrets/postgres_{role}_password").write_text(password)
    (home / "relay.pem").chmod(0o600)
    if am_root():
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    running = Operated(
        programs=_reachable(programs, home),
        folder=home,
        port=free_port(),
        database="postgres",
        passwords=passwords,
    )
    kept = Kept.start(
        "postgres",
        _command(running, {**_FAST, **settings}),
        folder=home,
        before=[_initdb(running)],
        identity=server_identity(),
        stop=signal.SIGQUIT,
    )
    try:
        kept.wait_until(lambda: _answers(running))
        told = {"database": database, **({"app_login": app_login} if app_login else {})}
        words = [word for key, value in told.items() for word in ("-v", f"{key}={value}")]
        running.psql(
            "postgres",
            *words,
            "-f",
            str(SHIPPED / "init.sql"),
            POSTGRES_SECRETS=str(home / "secrets"),
        )
        if app_login:
            passwords[app_login] = passwords["app"]
        yield Operated(
            programs=running.programs,
            folder=home,
            port=running.port,
            database=database,
            passwords=passwords,
        )
    finally:
        kept.stop()


@contextlib.contextmanager
def follower(primary: Operated) -> Iterator[Operated]:
    """Start a server that follows another, as the role that pg_hba.conf lets replicate."""
    home = Path(tempfile.mkdtemp(prefix="watchword-follower-"))
    for name in ("etc", "secrets", "relay.pem", "root"):
        if (primary.folder / name).is_dir():
            shutil.copytree(primary.folder / name, home / name, symlinks=True)
        elif (primary.folder / name).exists():
            shutil.copy(primary.folder / name, home / name)
    (home / "log").mkdir()
    if am_root():
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    password = secrets.token_hex(16)
    made = f"CREATE ROLE watchword_standby REPLICATION LOGIN PASSWORD '{password}'"
    primary.psql("postgres", "-c", made)
    running = replace(primary, folder=home, port=free_port())
    where = (
        f"host=127.0.0.1 port={primary.port} user=watchword_standby password={password}"
        f" sslmode=verify-full sslrootcert={home}/relay.pem"
    )
    copying = ("-D", f"{home}/data", "-R", "-X", "stream", "-c", "fast", "-d", where)
    kept = Kept.start(
        "postgres",
        _command(running, _FAST),
        folder=home,
        before=[primary.programs.command("pg_basebackup", *copying)],
        identity=server_identity(),
        stop=signal.SIGQUIT,
    )
    try:
        kept.wait_until(lambda: _answers(running))
        yield running
    finally:
        kept.stop()


def _command(running: Operated, settings: dict[str, str]) -> list[str]:
    """Return what starts it: the shipped file, and our folders and port in the place of its own."""
    home = running.folder
    ours = {
        "config_file": f"{home}/etc/postgresql.conf",
        "hba_file": f"{home}/etc/pg_hba.conf",
        "listen_addresses": "127.0.0.1",
        "port": str(running.port),
        "unix_socket_directories": "",
        "log_directory": f"{home}/log",
        **dict.fromkeys(("ssl_cert_file", "ssl_key_file", "ssl_ca_file"), f"{home}/relay.pem"),
        **settings,
    }
    words = [word for name, value in ours.items() for word in ("-c", f"{name}={value}")]
    return running.programs.command("postgres", "-D", f"{home}/data", *words)


def _initdb(running: Operated) -> list[str]:
    home = running.folder
    return running.programs.command(
        "initdb",
        f"--pgdata={home}/data",
        "--username=postgres",
        f"--pwfile={home}/secrets/postgres_postgres_password",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    )


def _reachable(programs: Programs, home: Path) -> Programs:
    """Return programs that the server's user can reach: what was unpacked is copied for it."""
    if not (am_root() and programs.libraries):
        return programs
    root = Path(programs.folder).parents[4]
    shutil.copytree(root, home / "root", symlinks=True)
    return Programs(
        folder=programs.folder.replace(str(root), str(home / "root")),
        libraries=programs.libraries.replace(str(root), str(home / "root")),
    )


def _answers(running: Operated) -> bool:
    try:
        return running.psql("postgres", "-c", "SELECT 1").strip() == "1"
    except subprocess.CalledProcessError:
        return False
