"""Reading the settings of this process: its environment, and in development the folder `var/`."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from watchword.app.settings import Settings, SettingsRefused, read
from watchword.plumbing.reading import Reading
from watchword.plumbing.settings.server import DEVELOPMENT, PRODUCTION, ServerSettings

VAR = Path("var")
SECRETS = VAR / "secrets"
_DEV_PORTS = {"PORT": "8000", "METRICS_PORT": "9464"}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; `SettingsRefused` names everything that is wrong.

    Where nobody said which environment this is and `var/secrets` was made here, it is development.
    """
    assumed = DEVELOPMENT if SECRETS.is_dir() else PRODUCTION
    settings = read(environ, cwd=Path.cwd(), assumed=assumed)
    if assumed == PRODUCTION or not settings.section(ServerSettings).development:
        return settings
    return _with_own_ports(settings, environ)


def _with_own_ports(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Take the ports of a development where nobody chose a port or a profile."""
    if settings.given("APP_PROFILE"):
        return settings
    ports = {name: port for name, port in _DEV_PORTS.items() if not settings.given(name)}
    return read({**environ, **ports}, cwd=Path.cwd(), assumed=DEVELOPMENT)


def told(read: Callable[[], Settings]) -> Reading:
    """Return what reading the settings came to, for commands that want no house."""
    try:
        settings = read()
    except SettingsRefused as refusal:
        return Reading(sections=None, faults=tuple(refusal.faults))
    given = frozenset(name for name in settings.sources if settings.given(name))
    return Reading(sections=settings, given=given)


def refused(refusal: SettingsRefused) -> int:
    """Say what is wrong with the settings and how to mend it; return the exit code."""
    sys.stderr.write("The settings do not allow a start:\n")
    for name, sentence in refusal.faults:
        sys.stderr.write(f"  {name}: {sentence}\n")
    sys.stderr.write("See docs/reference/settings.md; check with: watchword env validate\n")
    return 1
