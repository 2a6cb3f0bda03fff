"""Reloading: for development, the service is started anew whenever its source changes.

A process that fails, over a typing error say, is not the end: the next change starts another.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import watchword
from watchword.app.supervisor import die_with_parent

SOURCE = Path(watchword.__file__).parent
_LOOK_SECONDS = 0.3
_KINDS = {".py", ".html", ".txt", ".toml", ".js", ".css"}

Stamps = Mapping[Path, int]


def run(arguments: Sequence[str], source: Path = SOURCE) -> int:
    """Run `watchword <arguments>`, anew after every change, until a signal; return the exit code."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked.append(number))
    while True:
        stamps, child = _stamps(source), _start(arguments)
        while not asked and _stamps(source) == stamps:
            time.sleep(_LOOK_SECONDS)
        child.terminate()
        code = child.wait()
        if asked:
            return code
        sys.stdout.write("The source changed: starting anew.\n")
        sys.stdout.flush()


def _start(arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start it in a group of its own, so that Ctrl+C comes once, by way of us."""
    return subprocess.Popen(
        [sys.executable, sys.argv[0], *arguments],
        process_group=0,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - we have one thread
    )


def _stamps(source: Path) -> Stamps:
    """Return when each file was last written."""
    stamps = {}
    for path in source.rglob("*"):
        if path.suffix in _KINDS:
            try:
                stamps[path] = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue  # it has just gone
    return stamps
