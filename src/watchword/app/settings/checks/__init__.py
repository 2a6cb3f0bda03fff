"""Checks across settings: what production refuses to start with, and what is only worth saying.

    secrecy      sample, short, equal or easily guessed (`guessable`) secrets
    addresses    a plain-http public address, or one with a path; development open to others
    places       a probe at the path of another door
    reach        countries that are none; a refresh token that dies first; a window that stops nobody
    stores       no database, no Redis where it is required, TLS that is off or not verified
    mail         no carrier, a part of one, or one for development
    signals      a receiver of risk signals without an address, a key, or TLS
    ussd         a secret of the gateway that is a guide's, or easily guessed
    events       a destination without an address, a key, its extra, or TLS
    backups      backups without their extra, or to what is no public key
    reports      errors told to Sentry without its extra
    identity_providers
                 one without id or secret, without TLS, or whose people come back elsewhere
    files        keys and secrets that everybody can read, weak keys, certificates without a key

What they find is told in `findings`. Development and test get the same sentences about secrets as
warnings.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from watchword.app.settings.catalogue import Entry
from watchword.app.settings.checks import (
    addresses,
    backups,
    events,
    files,
    identity_providers,
    mail,
    places,
    reach,
    reports,
    secrecy,
    signals,
    stores,
    ussd,
)
from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.composition import is_told
from watchword.app.settings.values import Settings
from watchword.plumbing.settings import ServerSettings


def check(
    settings: Settings, entries: Mapping[str, Entry], required: Collection[str], cwd: Path
) -> Findings:
    """Look at the settings together; a check whose section could not be read is left out."""
    server = settings.sections.get(ServerSettings)
    strict = not (isinstance(server, ServerSettings) and server.development)
    findings = Findings(strict=strict)
    for name in required:
        if name in settings.texts and not is_told(settings, name):
            findings.unsafe(name, "is missing; this profile requires it.")
    looks: tuple[Callable[[], None], ...] = (
        lambda: secrecy.strength(settings, entries, findings),
        lambda: secrecy.rotation(settings, findings),
        lambda: addresses.listening(settings, findings),
        lambda: addresses.public(settings, findings),
        lambda: addresses.chatter(settings, findings),
        lambda: places.probes(settings, findings),
        lambda: reach.countries(settings, findings),
        lambda: reach.times(settings, findings),
        lambda: stores.database(settings, findings),
        lambda: stores.redis(settings, findings),
        lambda: mail.carriers(settings, findings),
        lambda: mail.texter(settings, findings),
        lambda: mail.sender(settings, findings),
        lambda: mail.signing(settings, findings),
        lambda: signals.receiver(settings, findings),
        lambda: ussd.gateway(settings, findings),
        lambda: events.kafka(settings, findings),
        lambda: events.amqp(settings, findings),
        lambda: events.webhooks(settings, findings),
        lambda: backups.recipients(settings, findings),
        lambda: reports.sentry(settings, findings),
        lambda: identity_providers.named(settings, findings),
        lambda: identity_providers.others(settings, findings),
        lambda: identity_providers.callbacks(settings, findings),
        lambda: files.keys(settings, findings, cwd),
        lambda: files.secret_files(settings, entries, findings, cwd),
    )
    for look in looks:
        _if_readable(look)
    return findings


def _if_readable(look: Callable[[], None]) -> None:
    try:
        look()
    except KeyError:
        return  # a section it needs was refused already
