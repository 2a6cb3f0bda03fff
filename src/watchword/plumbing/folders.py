"""Folders and files of ours: written for nobody else to read; what is wrong with one that we may not use."""

import errno
import os
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR}


def is_full(error: OSError) -> bool:
    """Tell whether the disk is full: then there is only to wait, or to make room."""
    return error.errno in _FULL


def trouble(path: Path, error: OSError) -> str:
    """Say why a path cannot be used, and what mends it."""
    return f"{path} cannot be used ({error.strerror}). To mend it:  {_remedy(path, error)}"


def refused(*paths: Path) -> PermissionError | None:
    """Return what the system would say of the first of these that is there and cannot be written to."""
    for path in paths:
        if path.exists() and not os.access(path, os.W_OK):
            sealed = os.statvfs(path).f_flag & os.ST_RDONLY
            number = errno.EROFS if sealed else errno.EACCES
            return PermissionError(number, os.strerror(number), str(path))
    return None


def write_privately(path: Path, text: str) -> None:
    """Write a file for its owner alone; who reads it meanwhile reads the old one. OSError: it stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _remedy(path: Path, error: OSError) -> str:
    there = _nearest(path)
    if is_full(error):
        return f"make room, see  df -h {there}"
    if error.errno in _IN_THE_WAY and not there.is_dir():
        return f"mv {there} {there}.old"
    if error.errno == errno.EROFS:
        return f"mount {there} writable, or start elsewhere"
    every = "" if Path.cwd().is_relative_to(there.resolve()) else "-R "
    if there.stat().st_uid == os.getuid():
        return f"chmod {every}u+rwX {there}"
    return f"sudo chown {every}{os.getuid()} {there}"


def _nearest(path: Path) -> Path:
    """Return the path, or the nearest above it that can be looked at."""
    return next(each for each in (path, *path.parents, Path()) if os.path.exists(each))  # noqa: PTH110
