"""How many processors this process may use: its affinity, and the quota of its control group."""

import math
import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def processors(quota: Path = _QUOTA) -> int:
    """Return at least 1."""
    return max(1, min(len(os.sched_getaffinity(0)), _allowed(quota)))


def _allowed(quota: Path) -> int:
    try:
        granted, period = quota.read_text("ascii").split()
        return math.ceil(int(granted) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return 1024  # no quota, or `max`
