"""Prometheus's own judge of rules, configurations and metrics; the first way that works wins.

given       TEST_PROMTOOL, the path of a promtool
PATH        promtool
cache       what an earlier run unpacked into .cache/prometheus
unpacked    Debian's package prometheus, downloaded and unpacked into the cache
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import debian
from tests.support.services.missing import ServiceMissing

CACHE = Path(__file__).parents[3] / ".cache/prometheus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What promtool said, and whether it was content (0)."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promtool:
    """A promtool that told its version once."""

    path: str
    origin: str

    def judge(self, *words: str, given: bytes = b"") -> Judged:
        """Run it, and return what it said."""
        ended = subprocess.run([self.path, *words], input=given, capture_output=True, check=False)
        return Judged(code=ended.returncode, said=(ended.stdout + ended.stderr).decode())


def find(cache: Path = CACHE) -> Promtool:
    """Return the first promtool that runs, fetching one if there is none."""
    ways: list[tuple[str, Callable[[], str | None]]] = [
        ("TEST_PROMTOOL", lambda: os.environ.get("TEST_PROMTOOL")),
        ("PATH", lambda: shutil.which("promtool")),
        ("Debian packages, unpacked", lambda: _unpacked(cache)),
    ]
    for origin, way in ways:
        path = way()
        if path and Promtool(path=path, origin=origin).judge("--version").code == 0:
            return Promtool(path=path, origin=f"{origin} ({path})")
    raise ServiceMissing(
        "promtool",
        fix="apt-get install prometheus, or set TEST_PROMTOOL",
        tried=", ".join(origin for origin, _ in ways),
    )


def _unpacked(cache: Path) -> str | None:
    root = debian.unpacked(cache, "prometheus")
    return str(root / "usr/bin/promtool") if root else None
