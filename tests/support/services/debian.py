"""Debian's packages for tests: downloaded and unpacked beside one another; nothing is installed.

unpacked    the folder that holds a package and what it needs; kept in a cache between runs
libraries   the folders in there where its programs look for libraries
done        run a command quietly; whether it succeeded
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.services.missing import ServiceMissing

_WHOLE = "whole"


def unpacked(
    cache: Path, *packages: str, afterwards: Callable[[Path], None] = lambda _: None
) -> Path | None:
    """Return the root they are unpacked in; nothing where they cannot be had.

    `afterwards` sees the root once, when it is fresh: some programs name folders that they are not in.
    """
    root = cache / "root"
    if (cache / _WHOLE).exists():
        return root
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    wanted = _plan(packages) or (done(["apt-get", "update"]) and _plan(packages))
    if not wanted:
        return None
    parcels = cache / "parcels"
    shutil.rmtree(cache, ignore_errors=True)
    parcels.mkdir(parents=True)
    if not done(["apt-get", "download", *wanted], parcels):
        return None
    for parcel in sorted(parcels.glob("*.deb")):
        if not done(["dpkg-deb", "-x", str(parcel), str(root)]):
            return None
    shutil.rmtree(parcels)
    afterwards(root)
    (cache / _WHOLE).touch()
    return root


def program(name: str, package: str, cache: Path) -> str:
    """Return the path of a program. ServiceMissing: it cannot be had."""
    given = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if given:
        return given
    if root := unpacked(cache, package):
        return str(next(root.glob(f"usr/*bin/{name}")))
    raise ServiceMissing(
        name, fix=f"apt-get install {package}", tried="PATH, the cache folder, Debian packages"
    )


def libraries(root: Path) -> list[Path]:
    """Return the folders that hold shared libraries."""
    patterns = ("usr/lib/*-linux-gnu*/**/*.so*", "lib/*-linux-gnu*/**/*.so*")
    return sorted({library.parent for pattern in patterns for library in root.glob(pattern)})


def done(
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


def _plan(packages: Sequence[str]) -> list[str]:
    """Return what would be installed: the packages, and what they need that is not here."""
    plan = subprocess.run(
        ["apt-get", "install", "-s", "--no-install-recommends", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    return re.findall(r"^Inst (\S+)", plan.stdout, re.MULTILINE)
