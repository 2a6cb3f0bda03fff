"""The monitor's round."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2
import msgspec

from watchword.operations.monitor.rules import DOWN, WELL, Outage, runs_command, sentence
from watchword.plumbing.logs.logger import log

_PATIENCE_SECONDS: Final = 10.0
_GOOD: Final = 200

Tell = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched, its name for people, and what is run, how long at most, when it is not well."""

    service: str
    base: str
    path: str = "/health"
    on_fail: str = ""
    recheck: timedelta = timedelta(seconds=30)
    at_most: timedelta = timedelta(seconds=90)


async def look(watched: Watched, outage: Outage, tell: Tell) -> Outage:
    """Make one round: ask, and where it is not well run, ask again, tell; return what is known now.

    What nobody took was not told: the next round tells it again.
    """
    trouble = await _trouble(watched)
    if trouble:
        outage = replace(outage, rounds=outage.rounds + 1)
        if watched.on_fail and runs_command(outage):
            await _run(watched.on_fail, watched.at_most)
        await asyncio.sleep(watched.recheck.total_seconds())
        trouble = await _trouble(watched)
    if not trouble:
        words = sentence(watched.service, watched.base, WELL, "")
        return Outage(told=outage.told and not await tell(words))
    words = sentence(watched.service, watched.base, DOWN, trouble)
    return replace(outage, told=outage.told or await tell(words))


async def post(hook: str, words: str) -> bool:
    """Post it, and return whether it was taken; that it was not is told in our log, too."""
    try:
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
            answer = await client.post(hook, json={"text": words})
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        log().error("an alert could not be posted", reason=type(error).__name__)
        return False
    if not answer.is_success:
        log().error("an alert was refused", status=answer.status_code)
    return answer.is_success


def remembered(path: Path | None) -> Outage:
    """Return what an earlier round wrote; nothing known where it did not, or not readably."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Outage) if path else Outage()
    except (OSError, msgspec.MsgspecError):
        return Outage()


def remember(path: Path | None, outage: Outage) -> None:
    """Write it for the next round."""
    if path is not None:
        path.write_bytes(msgspec.json.encode(outage))


async def _trouble(watched: Watched) -> str:
    """Return why it is not well; nothing when it is."""
    try:
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
            answer = await client.get(watched.base + watched.path)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return type(error).__name__
    return "" if answer.status_code == _GOOD else f"it answers {answer.status_code}"


async def _run(command: str, at_most: timedelta) -> None:
    """Run what the operator wrote down, by their shell; end it with its children when it takes too long."""
    ran = await asyncio.create_subprocess_shell(
        command, stdin=asyncio.subprocess.DEVNULL, process_group=0
    )
    try:
        async with asyncio.timeout(at_most.total_seconds()):
            code = await ran.wait()
    except TimeoutError:
        os.killpg(ran.pid, signal.SIGKILL)
        log().error("the command for a failure took too long, and was ended")
        await ran.wait()
        return
    log().warning("the command for a failure was run", exit_code=code)
