"""SIGHUP: a running service takes LOG_LEVEL as it is told now, by a file mostly (LOG_LEVEL_FILE).

With several processes the first takes it as well: those it starts later begin with it. One that is just
starting hears of it as soon as it serves. A development ends when its terminal hangs up, as any program.
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


def heeds_hangup(settings: Settings) -> bool:
    """Tell whether SIGHUP is no end."""
    return settings.section(ServerSettings).environment != DEVELOPMENT


@contextlib.contextmanager
def heeding_hangup(settings: Settings) -> Iterator[None]:
    """Heed SIGHUP within the block."""
    if not heeds_hangup(settings):
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, _take_and_tell)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def take_level() -> str:
    """Take the level as it is told now, and return it. Problem: `SettingsRefused`."""
    level = read_settings(dict(os.environ)).section(LogSettings).level
    logger.set_level(level)
    return level


def _take_and_tell() -> None:
    try:
        level = take_level()
    except SettingsRefused as refusal:
        names = ", ".join(name for name, _ in refusal.faults)
        logger.log().error("the settings are refused now: the log's level stays", faults=names)
        return
    logger.log().info("log level", category="audit", log_level=level)
