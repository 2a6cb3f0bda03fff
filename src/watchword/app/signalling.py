"""Signalling: who is told of risk signals, as the settings say."""

from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.records.signals.rules import CONTENT_TYPE, PATIENCE, SignalSettings
from watchword.records.signals.service import SignalReceiver


def receiver(house: House) -> SignalReceiver:
    """Return the way to whoever is told; a way to nobody where nobody is."""
    settings = house.part(SignalSettings)
    if not settings.enabled:
        return SignalReceiver()
    from watchword.adapters.destinations.webhook import WebhookDestination
    from watchword.adapters.guarded import guarded_client

    client = guarded_client(settings.networks, PATIENCE)
    clock: Clock = house.part(Clock)
    return SignalReceiver(
        WebhookDestination(
            "signals", settings.url, settings.keys, client, clock, CONTENT_TYPE, PATIENCE
        )
    )


async def close(receiver: SignalReceiver) -> None:
    """Leave, if there is a way."""
    if receiver.destination is not None:
        await receiver.destination.close()
