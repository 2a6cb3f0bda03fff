"""SIGUSR1 and SIGUSR2: a running service writes down where it spends its time, or what fills its memory.

Without DEBUG_DIR both are ignored, for else they would end it.
"""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

from watchword.app.settings import Settings
from watchword.kernel.clock import SystemClock
from watchword.operations.diagnosis.rules import DiagnosisSettings, Report
from watchword.operations.diagnosis.service import begin

SIGNALS = {signal.SIGUSR1: Report.PROFILE, signal.SIGUSR2: Report.HEAP}


def ignore() -> None:
    """From now on neither ends this process, nor those it starts."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def heeding_diagnosis(settings: Settings) -> Iterator[None]:
    """Heed both within the block."""
    folder = settings.section(DiagnosisSettings).folder
    if folder is None:
        ignore()
        yield
        return
    loop, clock = asyncio.get_running_loop(), SystemClock()
    for number, report in SIGNALS.items():
        loop.add_signal_handler(number, begin, report, folder, clock)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        ignore()
