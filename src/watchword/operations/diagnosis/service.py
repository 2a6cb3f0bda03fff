"""Diagnosis: look at this very process, and write down what is seen."""

import asyncio
import gc
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType

from watchword.kernel.clock import Clock
from watchword.operations.diagnosis import rules
from watchword.operations.diagnosis.rules import BETWEEN, LASTS, Kept, Memory, Report

_STATUS = Path("/proc/self/status")
_COUNTED = ("VmPeak", "VmRSS", "VmData", "VmSwap")
_busy = threading.Lock()


def begin(report: Report, folder: Path, clock: Clock, lasts: timedelta = LASTS) -> threading.Thread:
    """Write a report in a thread; one at a time, what comes meanwhile is left out."""
    tasks = _tasks()
    thread = threading.Thread(
        target=_write, args=(report, folder, clock, lasts, tasks), name="diagnosis", daemon=True
    )
    thread.start()
    return thread


def _write(
    report: Report, folder: Path, clock: Clock, lasts: timedelta, tasks: Counter[str]
) -> None:
    if not _busy.acquire(blocking=False):
        return
    try:
        told = rules.profile(_stacks(lasts)) if report is Report.PROFILE else _memory(tasks)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / rules.file_name(report, os.getpid(), clock.now())
        unfinished = path.with_suffix(".part")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(told)
        unfinished.rename(path)
    finally:
        _busy.release()


def _stacks(lasts: timedelta) -> Counter[str]:
    """Look at the stacks of all other threads again and again."""
    ours, seen = threading.get_ident(), Counter[str]()
    ends = time.monotonic() + lasts.total_seconds()
    while time.monotonic() < ends:
        for thread, frame in sys._current_frames().items():  # noqa: SLF001 - the documented way to see them
            if thread != ours:
                seen[rules.stack(_frames(frame))] += 1
        time.sleep(BETWEEN.total_seconds())
    return seen


def _frames(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_code.co_name
        frame = frame.f_back


def _memory(tasks: Counter[str]) -> str:
    numbers, sizes = Counter[str](), Counter[str]()
    for each in gc.get_objects():
        kind = f"{type(each).__module__}.{type(each).__qualname__}"
        numbers[kind] += 1
        sizes[kind] += _size(each)
    kept = [Kept(kind=kind, number=numbers[kind], size=size) for kind, size in sizes.items()]
    memory = Memory(system=_system(), kept=kept, tasks=tasks, threads=threading.active_count())
    return rules.heap(memory)


def _size(each: object) -> int:
    try:
        return sys.getsizeof(each)
    except Exception:  # noqa: BLE001 - somebody else's type may say what it likes
        return 0


def _system() -> list[tuple[str, str]]:
    try:
        lines = [line.partition(":") for line in _STATUS.read_text("utf-8").splitlines()]
    except OSError:
        return []
    return [(name, value.strip()) for name, _, value in lines if name in _COUNTED]


def _tasks() -> Counter[str]:
    """Count the tasks of this thread's loop by the name of what they do; none without a loop."""
    try:
        every = asyncio.all_tasks()
    except RuntimeError:
        return Counter()
    return Counter(getattr(each.get_coro(), "__qualname__", "task") for each in every)
