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
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.services.debian import done, libraries, unpacked
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
    return done([path, "--no-sandbox", "--version"], seconds=60)


def _on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _in_cache(cache: Path) -> str | None:
    starter = cache / "chromium"
    return str(starter) if starter.exists() else None


def _installed_by_apt() -> str | None:
    if not (am_root() and shutil.which("apt-get")):
        return None
    wanted = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", *FONTS]
    if not done(wanted):
        done(["apt-get", "update"])
        done(wanted)
    return _on_path()


def _unpacked_debian(cache: Path) -> str | None:
    """Unpack the packages; a starter script shows them their libraries."""
    root = unpacked(cache / "debian", "chromium", *FONTS)
    if root is None:
        return None
    return _starter(cache, root / "usr/lib/chromium/chromium", libraries(root))


def _unpacked_npm(cache: Path) -> str | None:
    """Let the package unpack its own compressed browser and libraries."""
    if not (shutil.which("npm") and shutil.which("node")):
        return None
    folder = cache / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    package = "@sparticuz/chromium"
    if not done(["npm", "install", "--no-audit", "--no-fund", "--prefix", ".", package], folder):
        return None
    unpack = f"import c from '{package}'; await c.executablePath()"
    # The package brings the libraries along only where it believes to be in Lambda.
    lambda_like = {"TMPDIR": str(folder), "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"}
    if not done(["node", "--input-type=module", "-e", unpack], folder, lambda_like):
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
