"""SIGHUP: a running service takes LOG_LEVEL as it is told now, by a file mostly (LOG_LEVEL_FILE).

A development ends when its terminal hangs up, as any program there.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

from watchword.app.reading import read_settings
from watchword.app.settings import Settings, SettingsRefused
from watchword.plumbing.logs import logger
from watchword.plumbing.settings import LogSettings, ServerSettings
from watchword.plumbing.settings.server import DEVELOPMENT


@contextlib.contextmanager
def heeding_hangup(settings: Settings) -> Iterator[None]:
    """Heed SIGHUP within the block."""
    if settings.section(ServerSettings).environment == DEVELOPMENT:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _take_level)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def _take_level() -> None:
    try:
        level = read_settings(dict(os.environ)).section(LogSettings).level
    except SettingsRefused as refusal:
        names = ", ".join(name for name, _ in refusal.faults)
        logger.log().error("the settings are refused now: the log's level stays", faults=names)
        return
    logger.set_level(level)
    logger.log().info("log level", category="audit", log_level=level)
