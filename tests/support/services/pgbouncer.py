"""PgBouncer for tests, with the file of deploy/pgbouncer as it is shipped: only addresses are ours.

find      where the program is: PATH, or Debian's package unpacked into our cache folder
started   one before a server, until the block ends
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.services import debian
from tests.support.services.kept import NOBODY, Kept, am_root, server_identity
from tests.support.services.missing import ServiceMissing
from tests.support.services.operated import Operated

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache/pgbouncer"
SHIPPED = ROOT / "deploy/pgbouncer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PgBouncer:
    """The program, and where it finds its libraries."""

    path: str
    libraries: str


def find(cache: Path = CACHE) -> PgBouncer:
    """Return the first PgBouncer there is. ServiceMissing: there is none."""
    given = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if given:
        return PgBouncer(path=given, libraries="")
    if root := debian.unpacked(cache, "pgbouncer"):
        libraries = ":".join(map(str, debian.libraries(root)))
        return PgBouncer(path=str(root / "usr/sbin/pgbouncer"), libraries=libraries)
    raise ServiceMissing(
        "PgBouncer",
        fix="apt-get install pgbouncer",
        tried="PATH, the cache folder, Debian packages",
    )


@contextlib.contextmanager
def started(found: PgBouncer, server: Operated, **changes: str) -> Iterator[str]:
    """Start one before a server; yield the service's URL by way of it. `changes` are words of the file."""
    home = Path(tempfile.mkdtemp(prefix="watchword-pgbouncer-"))
    port = free_port()
    text = (SHIPPED / "pgbouncer.ini").read_text()
    ours = {
        "host=postgres port=5432 dbname=watchword": (
            f"host=127.0.0.1 port={server.port} dbname={server.database}"
        ),
        "listen_addr = *": "listen_addr = 127.0.0.1",
        "listen_port = 6432": f"listen_port = {port}",
        "/run/pgbouncer/": f"{home}/",
        "/etc/pgbouncer/tls/server.crt": f"{home}/relay.pem",
        "/etc/pgbouncer/tls/server.key": f"{home}/relay.pem",
        "/etc/pgbouncer/tls/ca.crt": f"{home}/relay.pem",
        **changes,
    }
    for theirs, becomes in ours.items():
        assert text.count(theirs) == 1, theirs
        text = text.replace(theirs, becomes)
    (home / "pgbouncer.ini").write_text(text)
    shutil.copy(server.trust, home / "relay.pem")
    shutil.copytree(server.folder / "secrets", home / "secrets")
    shutil.copytree(SHIPPED, home / "shipped")
    programs = _reachable(found, home)
    if am_root():
        for made in (home, *home.rglob("*")):
            os.chown(made, NOBODY, NOBODY, follow_symlinks=False)
    told = {
        "PGBOUNCER": programs.path,
        "POSTGRES_SECRETS": f"{home}/secrets",
        "PGBOUNCER_RUN": str(home),
        **({"LD_LIBRARY_PATH": programs.libraries} if programs.libraries else {}),
    }
    kept = Kept.start(
        "pgbouncer",
        [
            "env",
            *(f"{name}={value}" for name, value in told.items()),
            f"{home}/shipped/start.sh",
            f"{home}/pgbouncer.ini",
        ],
        folder=home,
        identity=server_identity(),
    )
    try:
        kept.wait_until(lambda: kept.log.exists() and "process up" in kept.log.read_text())
        yield f"postgresql://watchword_app:{server.passwords['app']}@127.0.0.1:{port}/watchword"
    finally:
        kept.stop()


def _reachable(found: PgBouncer, home: Path) -> PgBouncer:
    """Return a program that an ordinary user can reach: what was unpacked is copied for it."""
    if not (am_root() and found.libraries):
        return found
    root = Path(found.path).parents[2]
    shutil.copytree(root, home / "root", symlinks=True)
    return PgBouncer(
        path=found.path.replace(str(root), f"{home}/root"),
        libraries=found.libraries.replace(str(root), f"{home}/root"),
    )
