"""Reading the settings of this process: its environment, and in development the folder `var/`.

Where nobody says which environment this is, it is production, unless a development was begun in this
folder (`serve --dev` leaves `var/development`) and no setting leads beyond this machine (`outward`).
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from watchword.app.settings import Settings, SettingsRefused, catalogue, read
from watchword.app.settings.derivation import ROOT
from watchword.app.settings.outward import outward
from watchword.plumbing.commands.reading import Reading, Secretive
from watchword.plumbing.settings.server import DEVELOPMENT, PRODUCTION, ServerSettings

VAR = Path("var")
SECRETS = VAR / "secrets"
BEGUN = VAR / "development"
_DEV_PORTS = {"PORT": "8000", "METRICS_PORT": "9464"}


def read_settings(environ: Mapping[str, str], *, dev: bool = False) -> Settings:
    """Read the settings; `SettingsRefused` names everything that is wrong.

    `dev`: it was asked for as a development, and nothing need be assumed.
    """
    if not (dev or _begun()):
        return read(environ, cwd=Path.cwd(), assumed=PRODUCTION)
    settings = read(environ, cwd=Path.cwd(), assumed=DEVELOPMENT)
    if not settings.section(ServerSettings).development:
        return settings
    if not dev and is_assumed(settings) and (leading := outward(settings)):
        return _as_production(environ, leading)
    return _with_own_ports(settings, environ)


def read_some(environ: Mapping[str, str], sections: Iterable[type[Any]]) -> Settings:
    """Read some sections alone, whatever may be wrong with the others; no manager of secrets is asked."""
    assumed = DEVELOPMENT if _begun() else PRODUCTION
    return read(environ, cwd=Path.cwd(), sections=sections, assumed=assumed)


def lacks_first_secret(environ: Mapping[str, str], refusal: SettingsRefused) -> bool:
    """Tell whether a development was refused that no secret was ever made for."""
    if ROOT not in {name for name, _ in refusal.faults} or (SECRETS / ROOT).exists():
        return False
    try:
        server = read_some(environ, [ServerSettings]).section(ServerSettings)
    except SettingsRefused:
        return False
    told = any(environ.get(name) for name in (ROOT, f"{ROOT}_FILE"))
    return server.development and Path(server.secrets_dir) == SECRETS and not told


def is_assumed(settings: Settings) -> bool:
    """Tell whether nobody said which environment this is."""
    return not settings.given("APP_ENV")


def _begun() -> bool:
    """Tell whether a development was begun in this folder; OSError: nobody lets us look."""
    try:
        BEGUN.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _as_production(environ: Mapping[str, str], leading: tuple[str, ...]) -> Settings:
    """Read it as production; a refusal says why it was, for whoever meant a development."""
    try:
        return read(environ, cwd=Path.cwd(), assumed=PRODUCTION)
    except SettingsRefused as refusal:
        reason = f"is not said, and {', '.join(leading)} made this production"
        fault = ("APP_ENV", f"{reason}: say APP_ENV=development if it is none.")
        raise SettingsRefused([fault, *refusal.faults], refusal.warnings) from None


def _with_own_ports(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Take the ports of a development where nobody chose a port or a profile."""
    if settings.given("APP_PROFILE"):
        return settings
    ports = {name: port for name, port in _DEV_PORTS.items() if not settings.given(name)}
    return read({**environ, **ports}, cwd=Path.cwd(), assumed=DEVELOPMENT)


def reading_of(read: Callable[[], Settings]) -> Reading:
    """Return what reading the settings came to, for commands that want no house."""
    try:
        settings = read()
    except SettingsRefused as refusal:
        return Reading(sections=None, faults=tuple(refusal.faults))
    given = frozenset(name for name in settings.sources if settings.given(name))
    return Reading(sections=settings, given=given, secrets=tuple(_secrets(settings)))


def _secrets(settings: Settings) -> Iterator[Secretive]:
    for name, entry in catalogue.entries(settings.sections).items():
        if entry.secret and settings.given(name) and settings.texts[name]:
            source = settings.sources[name]
            yield Secretive(name=name, source=source.label, since=source.since)


def refused(refusal: SettingsRefused) -> int:
    """Say what is wrong with the settings and how to mend it; return the exit code."""
    sys.stderr.write("The settings do not allow a start:\n")
    for name, sentence in refusal.faults:
        sys.stderr.write(f"  {name}: {sentence}\n")
    sys.stderr.write("See docs/reference/settings.md; check with: watchword env validate\n")
    return 1
