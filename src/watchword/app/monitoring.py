"""Monitoring: the rounds of `watchword health monitor`, and the letter that goes past the queue."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from watchword.app.carrying import mailers_of
from watchword.app.reading import read_settings
from watchword.app.settings import Settings
from watchword.kernel.chance import SystemChance
from watchword.kernel.messages import Message
from watchword.kernel.ports import NotAccepted, Undelivered
from watchword.operations.monitor import service
from watchword.operations.monitor.rules import AlertSettings
from watchword.operations.monitor.service import Watched
from watchword.plumbing.commands import console
from watchword.plumbing.logs.logger import log
from watchword.plumbing.settings import MailSettings, ServerSettings


def watch(
    base: str,
    *,
    on_fail: str,
    recheck: timedelta,
    every: timedelta | None,
    state: Path | None,
) -> int:
    """Watch until stopped; without `every` one round, whose exit code is 1 when it is down."""
    settings = read_settings(dict(os.environ))
    server = settings.section(ServerSettings)
    watched = Watched(
        service=server.service_name,
        base=base or f"http://127.0.0.1:{server.port}",
        path=server.health_path,
        on_fail=on_fail,
        recheck=recheck,
    )
    return asyncio.run(_rounds(watched, settings, every, state))


async def _rounds(
    watched: Watched, settings: Settings, every: timedelta | None, state: Path | None
) -> int:
    async def tell(words: str) -> bool:
        console.talk(words)
        return await _alert(settings, words)

    outage = service.remembered(state)
    while True:
        outage = await service.look(watched, outage, tell)
        service.remember(state, outage)
        if every is None:
            return console.Exit.REFUSED if outage.rounds else console.Exit.DONE
        await asyncio.sleep(every.total_seconds())


async def _alert(settings: Settings, words: str) -> bool:
    """Tell people by every way that was set; return whether one of them took it, or none was set."""
    alerts, taken = settings.section(AlertSettings), []
    if alerts.webhook:
        taken.append(await service.post(alerts.webhook.reveal(), words))
    if alerts.email:
        taken.append(await _write(settings, alerts.email, words))
    return any(taken) or not taken


async def _write(settings: Settings, to: str, words: str) -> bool:
    """Give the letter to the first carrier that takes it; return whether one did."""
    mail = settings.section(MailSettings)
    message = Message(
        id=f"<alert-{SystemChance().draw(8).hex()}@{mail.sender.rpartition('@')[2].rstrip('>')}>",
        to=to,
        sender=mail.sender,
        subject=words.partition(": ")[0],
        text=f"{words}\n",
        html="",
        template="alert",
        known_as="alert",
        language="en",
    )
    async with mailers_of(settings) as mailers:
        for mailer in mailers:
            try:
                await mailer.send(message)
            except (NotAccepted, Undelivered) as refusal:
                log().error(
                    "a carrier did not take the alert", carrier=mailer.name, reason=str(refusal)
                )
            else:
                return True
    return False
