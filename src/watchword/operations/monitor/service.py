"""The monitor's round."""

import asyncio
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

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched, by what name people know it, and what is run when it is not well."""

    service: str
    base: str
    path: str = "/health"
    on_fail: str = ""
    recheck: timedelta = timedelta(seconds=30)


async def look(watched: Watched, outage: Outage, tell: Tell) -> Outage:
    """Make one round: ask, and where it is not well run, ask again, tell; return what is known now."""
    trouble = await _trouble(watched)
    if trouble:
        outage = replace(outage, rounds=outage.rounds + 1)
        if watched.on_fail and runs_command(outage):
            await _run(watched.on_fail)
        await asyncio.sleep(watched.recheck.total_seconds())
        trouble = await _trouble(watched)
    if not trouble:
        if outage.told:
            await tell(sentence(watched.service, watched.base, WELL, ""))
        return Outage()
    if not outage.told:
        await tell(sentence(watched.service, watched.base, DOWN, trouble))
    return replace(outage, told=True)


async def post(hook: str, words: str) -> None:
    """Post it; that nobody takes it is told in our log."""
    try:
        async with httpx2.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False) as client:
            answer = await client.post(hook, json={"text": words})
        if not answer.is_success:
            log().error("an alert was refused", status=answer.status_code)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        log().error("an alert could not be posted", reason=type(error).__name__)


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


async def _run(command: str) -> None:
    """Run what the operator wrote down, by their shell."""
    ran = await asyncio.create_subprocess_shell(command, stdin=asyncio.subprocess.DEVNULL)
    code = await ran.wait()
    log().warning("the command for a failure was run", exit_code=code)
