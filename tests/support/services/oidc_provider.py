"""A certified OpenID provider, npm's oidc-provider, for what no stub of ours can tell of itself.

    find     node, and the package in our cache folder, fetched by npm once
    start    one on a free loopback port, for one client that comes back to one address

It ends with us, as every server does that we start (see keeper.py).
"""

import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.services.kept import Kept
from tests.support.services.missing import ServiceMissing

CACHE = Path(__file__).parents[3] / ".cache/oidc-provider"
PACKAGE = "oidc-provider@9.13.3"
SCRIPT = Path(__file__).with_name("oidc_provider.mjs")
CLIENT_ID, CLIENT_SECRET = "watchword", "the-secret-of-the-client"


@dataclass(slots=True, kw_only=True)
class OidcProvider:
    """A running provider."""

    issuer: str
    kept: Kept

    @classmethod
    def start(
        cls, home: Path, folder: Path, callback: str, port: int | None = None
    ) -> "OidcProvider":
        """Start one that sends people back to an address; `home` is where its package is."""
        port = port or free_port()
        told = {
            "PORT": port,
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "CALLBACK": callback,
        }
        node, env = shutil.which("node"), shutil.which("env")
        assert node, "found before"
        assert env, "POSIX has env"
        words = [f"{name}={value}" for name, value in told.items()]
        command = [env, *words, node, str(home / SCRIPT.name)]
        kept = Kept.start("oidc-provider", command, folder=folder)
        provider = cls(issuer=f"http://127.0.0.1:{port}", kept=kept)
        kept.wait_until(provider.answers)
        return provider

    @property
    def settings(self) -> dict[str, str]:
        """Return what we are told of it."""
        return settings(self.issuer)

    def answers(self) -> bool:
        """Tell whether it listens."""
        try:
            urllib.request.urlopen(f"{self.issuer}/.well-known/openid-configuration", timeout=5)
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it."""
        self.kept.stop()


def settings(issuer: str) -> dict[str, str]:
    """Return what we are told of a provider."""
    return {
        "OIDC_ISSUERS": f"staff={issuer}",
        "OIDC_CLIENT_IDS": f"staff={CLIENT_ID}",
        "OIDC_CLIENT_SECRETS": f"staff={CLIENT_SECRET}",
        "OIDC_TITLES": "staff=Clinic staff",
        "OAUTH_NETWORKS": "127.0.0.0/8",
    }


def find(cache: Path = CACHE) -> tuple[Path, str]:
    """Return the folder that holds the package and our script, and who brought it."""
    version = PACKAGE.partition("@")[2]
    home = cache / version
    if not (home / "whole").exists():
        _fetch(home)
    if not (home / "whole").exists() or not shutil.which("node"):
        raise ServiceMissing(
            "oidc-provider",
            fix="apt-get install nodejs npm",
            tried="the cache folder, npm",
        )
    shutil.copy(SCRIPT, home / SCRIPT.name)
    return home, f"npm {PACKAGE} ({home})"


def _fetch(home: Path) -> None:
    """Let npm bring the package."""
    if not (shutil.which("npm") and shutil.which("node")):
        return
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]
    ended = subprocess.run(
        [*command, PACKAGE],
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=900,
        check=False,
    )
    if ended.returncode == 0:
        (home / "whole").touch()
