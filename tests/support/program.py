"""The program as people run it: a process, an environment of its own, and what it said."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = Path(sys.executable).with_name("watchword")


def watchword(
    *arguments: str, cwd: Path, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; nothing of our own environment reaches it."""
    return subprocess.run(
        [str(COMMAND), *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(environ or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
