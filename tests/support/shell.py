"""A shell in front of a running service: what people type, and what curl printed."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import curl
from tests.support.started import COMMAND, Started, environment

_JSON_SINCE = (7, 82)


def tools_folder(folder: Path) -> Path:
    """Return a folder that holds a curl, for a machine without one that knows --json."""
    found = shutil.which("curl")
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
        number = re.match(r"curl (\d+)\.(\d+)", version.stdout)
        if number and (int(number[1]), int(number[2])) >= _JSON_SINCE:
            return Path(found).parent
    ours = folder / "bin/curl"
    ours.parent.mkdir(exist_ok=True)
    ours.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{curl.__file__}" "$@"\n')
    ours.chmod(0o755)
    return ours.parent


def typed(service: Started, *lines: str) -> list[dict[str, object]]:
    """Type the lines into a shell in the service's folder; return what curl printed, one by one."""
    variables = environment(service.folder)
    variables["PATH"] = f"{tools_folder(service.folder)}:{variables['PATH']}"
    script = "\n".join(f"{line}; echo" if line.startswith("curl") else line for line in lines)
    script = script.replace("http://localhost:8000", service.url)
    script = script.replace(".venv/bin/watchword", str(COMMAND))
    ended = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=service.folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines() if line.strip()]
