"""Disks that are full: one of a few megabytes, and one on which nothing may grow.

small    a tmpfs in a mount namespace of the process's own: the system says ENOSPC, as a full disk does. Where
         a machine lets nobody make one (some containers), the other stands alone.
barred   no file of a process may grow (RLIMIT_FSIZE): the system says EFBIG, whichever the disk is
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.program import COMMAND
from tests.support.running import Running, started, started_by

_SIZE = "8m"
_NOTHING = 1
_MOUNT = f'mount -t tmpfs -o size={_SIZE} none "$1" && cp -a "$2/." "$1" && shift 2 && exec "$@"'
_PIECE = bytes(4096)


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder where a service keeps everything; `seen` is how we reach a file of it from here."""

    folder: Path
    service: Running
    seen: Callable[[Path], Path]
    full: Callable[[], AbstractContextManager[None]]


@contextmanager
def small(folder: Path, **environ: str) -> Iterator[Disk]:
    """Serve from a small disk on which everything in a folder was put."""
    disk = folder.with_name(f"{folder.name}-disk")
    shutil.copytree(folder, disk)
    words = ("-rm", "sh", "-c", _MOUNT, "sh", str(folder), str(disk), str(COMMAND), "serve")
    unshare = shutil.which("unshare")
    assert unshare is not None
    with started_by(Path(unshare), folder.parent, *words, **environ) as service:

        def seen(path: Path) -> Path:
            return Path(f"/proc/{service.process.pid}/root{path}")

        yield Disk(folder, service, seen, lambda: _filled(seen(folder) / "filler"))


@contextmanager
def barred(folder: Path, **environ: str) -> Iterator[Disk]:
    """Serve from a folder where files may be forbidden to grow."""
    with started(folder.parent, "serve", **environ) as service:
        yield Disk(
            folder,
            service,
            lambda path: path,
            lambda: _bar(service.process.pid, *service.workers),
        )


@cache
def kinds() -> dict[str, Callable[..., AbstractContextManager[Disk]]]:
    """Return the disks that this machine can make."""
    trial = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    made = shutil.which("unshare") and subprocess.run(trial, check=False, capture_output=True)
    return {"barred": barred, **({"small": small} if made and made.returncode == 0 else {})}


@contextmanager
def _filled(filler: Path) -> Iterator[None]:
    """Leave no room for the length of a block."""
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(_PIECE)
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def _bar(*pids: int) -> Iterator[None]:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_NOTHING, most))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


def command_on_a_full_disk(
    *arguments: str, folder: Path, most: int = _NOTHING, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that can write to no file, or to none beyond so many bytes."""
    return subprocess.run(
        [str(COMMAND), *arguments],
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
