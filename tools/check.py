"""`./run check`: every tool that reads the code without running it, side by side.

    one line per tool   -> ok or FAILED, and how long it took
    what it said        -> printed only where it failed
    exit code           -> 1 if any tool failed

Each tool takes its settings from pyproject.toml; shellcheck has none.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one tool said."""

    tool: str
    passed: bool
    seconds: float
    said: str


def tools() -> dict[str, Sequence[str]]:
    """Return each tool's command, the slowest first."""
    scripts = [str(path) for path in (ROOT / "run", ROOT / ".ci/run", *ROOT.glob("deploy/**/*.sh"))]
    return {
        "mypy": ["mypy"],
        "import contracts": ["lint-imports", "--no-logo"],
        "deptry": ["deptry", "src"],
        "ruff check": ["ruff", "check", "--no-fix", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "codespell": ["codespell"],
        "docs": ["python", "-m", "tools.docs", "--check"],
        "letters": ["python", "-m", "tools.letters", "--check"],
        "shellcheck": ["shellcheck", *scripts],
    }


def run(tool: str, command: Sequence[str]) -> Verdict:
    """Run one tool quietly."""
    began = time.monotonic()
    ended = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    return Verdict(tool=tool, passed=ended.returncode == 0, seconds=seconds, said=ended.stdout)


def main() -> int:
    """Run them all; print as they end."""
    began = time.monotonic()
    failed = []
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for verdict in pool.map(run, *zip(*tools().items(), strict=True)):
            word = "ok" if verdict.passed else "FAILED"
            print(f"{verdict.tool:<20} {word:<6} {verdict.seconds:6.1f} s", flush=True)
            if not verdict.passed:
                failed.append(verdict.tool)
                print(verdict.said.rstrip(), flush=True)
    seconds = time.monotonic() - began
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'all ok'} in {seconds:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
