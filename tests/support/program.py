"""The program as people run it: a process, an environment of its own, and what it said."""

import contextlib
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

COMMAND = Path(sys.executable).with_name("watchword")
_POWERLESS = (sys.executable, str(Path(__file__).with_name("powerless.py")))
_QUIET = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def watchword(
    *arguments: str,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    powerless: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; nothing of our own environment reaches it.

    `powerless`: files may refuse it, as they do anybody but root.
    """
    return subprocess.run(
        [*(_POWERLESS if powerless else ()), str(COMMAND), *arguments],
        cwd=cwd,
        env={**_QUIET, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def serving(
    address: str,
    *,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Path]:
    """Serve in the folder until the block ends; yields, once it is well, what stderr is kept in."""
    told = cwd / "stderr.txt"
    with told.open("wb") as stderr:
        process = subprocess.Popen(
            [str(COMMAND), "serve"],
            cwd=cwd,
            env={**_QUIET, **(environ or {})},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        _wait_until_well(process, address, told, tls)
        yield told
    finally:
        process.terminate()
        assert process.wait(30) == 0, (process.returncode, told.read_text("utf-8"))


def _wait_until_well(
    process: subprocess.Popen[bytes], address: str, told: Path, tls: ssl.SSLContext | None
) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, told.read_text("utf-8")
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{address}/health", timeout=5, context=tls) as answer:
                assert answer.status == 200
            return
        time.sleep(0.05)
    raise AssertionError(told.read_text("utf-8"))
