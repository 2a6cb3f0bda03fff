"""Where reports go, and how they read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from watchword.kernel.parts import section, setting
from watchword.plumbing.settings.parsers import file_path

LASTS: Final = timedelta(seconds=10)
BETWEEN: Final = timedelta(milliseconds=10)
_TOP: Final = 40


@section
class DiagnosisSettings:
    """Diagnosis."""

    folder: Path | None = setting(
        "DEBUG_DIR",
        "The folder for reports of a live process: SIGUSR1 writes where it spends its time, SIGUSR2 what"
        " fills its memory. Empty: both are ignored.",
        parse=file_path,
        default="",
    )


class Report(StrEnum):
    """What a report is of."""

    PROFILE = "profile"
    HEAP = "heap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What Python keeps of one type."""

    kind: str
    number: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What fills the memory of a process."""

    system: Sequence[tuple[str, str]]
    kept: Sequence[Kept]
    tasks: Counter[str]
    threads: int


def file_name(report: Report, pid: int, now: datetime) -> str:
    """Return the name of a report's file."""
    return f"{report}-{pid}-{now:%Y%m%dT%H%M%S%f}.txt"


def stack(frames: Iterable[tuple[str, str]]) -> str:
    """Write a stack, given from the inside out, as flame graphs read it: module:function;..."""
    return ";".join(f"{Path(file).stem}:{function}" for file, function in reversed([*frames]))


def profile(seen: Counter[str]) -> str:
    """Write how often each stack was seen, the most first."""
    return "".join(f"{found} {number}\n" for found, number in seen.most_common())


def heap(memory: Memory) -> str:
    """Write what fills the memory: by the system's count, by type, by task."""
    ordered = sorted(memory.kept, key=lambda each: -each.size)[:_TOP]
    lines = [f"{name:<12} {value}" for name, value in memory.system]
    lines += ["", f"threads      {memory.threads}", f"tasks        {memory.tasks.total()}"]
    lines += [f"  {number:>8} {name}" for name, number in memory.tasks.most_common(_TOP)]
    lines += ["", "     bytes   number type"]
    lines += [f"{each.size:>10} {each.number:>8} {each.kind}" for each in ordered]
    return "\n".join(lines) + "\n"


def heeds(status: str, number: int) -> bool:
    """Tell from /proc/PID/status whether a process handles a signal, so that it does not end by it."""
    for line in status.splitlines():
        name, _, mask = line.partition(":")
        if name == "SigCgt":
            return bool(int(mask, 16) >> (number - 1) & 1)
    return False
