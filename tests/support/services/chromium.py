"""A Chromium for tests of real pages; the first way that works wins.

    given       TEST_CHROMIUM, the path of a browser
    PATH        chromium, chromium-browser, google-chrome
    cache       what an earlier run unpacked into .cache/chromium
    apt         as root: Debian's package, installed
    unpacked    not root: Debian's packages downloaded and unpacked into the cache
    npm         the package @sparticuz/chromium, unpacked into the cache

Playwright starts it by `executable_path`; `flags` says what else it needs here.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.services.kept import am_root
from tests.support.services.missing import ServiceMissing

CACHE = Path(__file__).parents[3] / ".cache/chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = ("fonts-dejavu-core", "fonts-noto-core")  # Latin and Arabic


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """A browser that started once and told its version."""

    path: str
    origin: str

    @property
    def flags(self) -> list[str]:
        """What the browser needs on its command line: root has no sandbox."""
        return ["--no-sandbox"] if am_root() else []


def find(cache: Path = CACHE) -> Chromium:
    """Return the first browser that runs, fetching one if there is none."""
    ways: list[tuple[str, Callable[[], str | None]]] = [
        ("TEST_CHROMIUM", lambda: os.environ.get("TEST_CHROMIUM")),
        ("PATH", _on_path),
        ("cache folder", lambda: _in_cache(cache)),
        ("apt-get install", _installed_by_apt),
        ("Debian packages, unpacked", lambda: _unpacked_debian(cache)),
        ("npm @sparticuz/chromium", lambda: _unpacked_npm(cache)),
    ]
    for origin, way in ways:
        path = way()
        if path and runs(path):
            return Chromium(path=path, origin=f"{origin} ({path})")
    raise ServiceMissing(
        "Chromium",
        fix="apt-get install chromium, or set TEST_CHROMIUM",
        tried=", ".join(origin for origin, _ in ways),
    )


def runs(path: str) -> bool:
    """Say whether the browser starts: a file alone may lack its libraries."""
    return _done([path, "--no-sandbox", "--version"], seconds=60)


def _done(
    command: Sequence[str],
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    seconds: float = 900,
) -> bool:
    """Run a command quietly; say whether it succeeded."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **(variables or {})}
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _in_cache(cache: Path) -> str | None:
    starter = cache / "chromium"
    return str(starter) if starter.exists() else None


def _installed_by_apt() -> str | None:
    if not (am_root() and shutil.which("apt-get")):
        return None
    wanted = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", *FONTS]
    if not _done(wanted):
        _done(["apt-get", "update"])
        _done(wanted)
    return _on_path()


def _unpacked_debian(cache: Path) -> str | None:
    """Unpack the packages beside one another; a starter script shows them their libraries."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    plan = subprocess.run(
        ["apt-get", "install", "-s", "--no-install-recommends", "chromium", *FONTS],
        capture_output=True,
        text=True,
        check=False,
    )
    packages = re.findall(r"^Inst (\S+)", plan.stdout, re.MULTILINE)
    parcels, root = cache / "parcels", cache / "root"
    parcels.mkdir(parents=True, exist_ok=True)
    if not packages or not _done(["apt-get", "download", *packages], parcels):
        return None
    for parcel in sorted(parcels.glob("*.deb")):
        if not _done(["dpkg-deb", "-x", str(parcel), str(root)]):
            return None
    shutil.rmtree(parcels)
    libraries = {library.parent for library in root.glob("usr/lib/*-linux-gnu*/**/*.so*")}
    libraries |= {library.parent for library in root.glob("lib/*-linux-gnu*/**/*.so*")}
    return _starter(cache, root / "usr/lib/chromium/chromium", sorted(libraries))


def _unpacked_npm(cache: Path) -> str | None:
    """Let the package unpack its own compressed browser and libraries."""
    if not (shutil.which("npm") and shutil.which("node")):
        return None
    folder = cache / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    package = "@sparticuz/chromium"
    if not _done(["npm", "install", "--no-audit", "--no-fund", "--prefix", ".", package], folder):
        return None
    unpack = f"import c from '{package}'; await c.executablePath()"
    # The package brings the libraries along only where it believes to be in Lambda.
    lambda_like = {"TMPDIR": str(folder), "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"}
    if not _done(["node", "--input-type=module", "-e", unpack], folder, lambda_like):
        return None
    return _starter(cache, folder / "chromium", [folder / "al2023/lib", folder])


def _starter(cache: Path, browser: Path, libraries: list[Path]) -> str | None:
    if not browser.exists():
        return None
    starter = cache / "starting"
    starter.write_text(
        f'#!/bin/sh\nLD_LIBRARY_PATH="{":".join(map(str, libraries))}"\n'
        f'export LD_LIBRARY_PATH\nexec "{browser}" "$@"\n'
    )
    starter.chmod(0o755)
    return str(starter.rename(cache / "chromium"))
