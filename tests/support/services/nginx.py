"""nginx for tests, with the files of deploy/nginx as they are shipped: only ports and instances are ours.

find        where the program is: PATH, or Debian's package unpacked into our cache folder
laid_out    a folder as an operator lays it out: the files, one profile, a certificate
check       what `nginx -t` says of it; nothing when all is well
start       serve from it, until `stop`
reload      read it anew
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.running import until
from tests.support.services import debian
from tests.support.services.kept import Kept, am_root

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".cache/nginx"
SHIPPED = ROOT / "deploy/nginx"
_INSTANCE = "    server app:3000 max_fails=0;\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """The program."""

    path: str

    def command(self, folder: Path, *words: str) -> list[str]:
        """Return the command that runs it on the configuration of a folder."""
        more = f"{'user root; ' if am_root() else ''}daemon off;"
        return [self.path, "-p", f"{folder}/", "-c", "nginx.conf", "-g", more, *words]


def find(cache: Path = CACHE) -> Nginx:
    """Return the first nginx there is. ServiceMissing: there is none."""
    return Nginx(path=debian.program("nginx", "nginx-light", cache))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A folder that nginx serves from, and the ports it listens on."""

    program: Nginx
    folder: Path
    port: int
    tls_port: int

    @classmethod
    def laid_out(
        cls, program: Nginx, folder: Path, profile: str, instances: Sequence[int] = (3000,)
    ) -> "Proxy":
        """Copy the files, and put in our ports; a certificate is put into `tls` by whoever has one."""
        shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
        shutil.copy(folder / f"profiles/{profile}.conf", folder / "profile.conf")
        (folder / "http2.conf").unlink()  # Debian's nginx is older than that
        for made in ("temp", "tls"):
            (folder / made).mkdir(exist_ok=True)
        proxy = cls(program=program, folder=folder, port=free_port(), tls_port=free_port())
        whole = folder / "nginx.conf"
        text = whole.read_text()
        for theirs, ours in (("listen 8080;", proxy.port), ("listen 8443 ssl;", proxy.tls_port)):
            assert text.count(theirs) == 1, theirs
            text = text.replace(
                theirs, theirs.replace("8080", str(ours)).replace("8443", str(ours))
            )
        whole.write_text(text)
        proxy.spread(instances)
        return proxy

    def spread(self, instances: Sequence[int]) -> None:
        """Name the ports to spread over."""
        shipped = (SHIPPED / "instances.conf").read_text()
        assert shipped.count(_INSTANCE) == 1
        servers = (_INSTANCE.replace("app:3000", f"127.0.0.1:{port}") for port in instances)
        (self.folder / "instances.conf").write_text(shipped.replace(_INSTANCE, "".join(servers)))

    def check(self) -> str:
        """Return what is wrong with the configuration."""
        ended = subprocess.run(
            self.program.command(self.folder, "-t", "-q"),
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.stderr

    @property
    def workers(self) -> set[str]:
        """Return the processes that answer, those that are about to end among them."""
        master = (self.folder / "nginx.pid").read_text().strip()
        return {*Path(f"/proc/{master}/task/{master}/children").read_text().split()}

    def reload(self) -> None:
        """Let it read the configuration anew; return when nobody goes by the old one."""
        old = self.workers
        subprocess.run(
            self.program.command(self.folder, "-s", "reload"), check=True, capture_output=True
        )
        until(lambda: not old & self.workers, "the new configuration is in force")

    def start(self) -> Kept:
        """Serve."""
        home = Path(tempfile.mkdtemp(prefix="watchword-nginx-"))
        kept = Kept.start("nginx", self.program.command(self.folder), folder=home)
        kept.wait_until((self.folder / "nginx.pid").exists)
        return kept
