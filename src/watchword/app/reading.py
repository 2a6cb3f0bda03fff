"""Reading the settings of this process: its environment, and in development the folder `var/`."""

import sys
from collections.abc import Mapping
from pathlib import Path

from watchword.app.settings import Settings, SettingsRefused, read
from watchword.plumbing.settings.server import DEVELOPMENT, PRODUCTION

VAR = Path("var")
SECRETS = VAR / "secrets"
DEV_PORTS = {"PORT": "8000", "METRICS_PORT": "9464"}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings; `SettingsRefused` names everything that is wrong.

    Where nobody said which environment this is and `var/secrets` was made here, it is development.
    """
<<<<<<< HEAD
    assumed = DEVELOPMENT if SECRETS.is_dir() else PRODUCTION
    return read(environ, cwd=Path.cwd(), assumed=assumed)
=======
    told = dict(environ)
    if "APP_ENV" not in told and "NODE_ENV" not in told and SECRETS.is_dir():
        told["APP_ENV"] = "development"
    if told.get("APP_ENV") == "development" and SECRETS.is_dir():
        told.setdefault("SECRETS_DIR", str(SECRETS))
        if "APP_PROFILE" not in told:
            told = DEV_PORTS | told
    return read(told, cwd=Path.cwd())
>>>>>>> operators


def refused(refusal: SettingsRefused) -> int:
    """Say what is wrong with the settings and how to mend it; return the exit code."""
    sys.stderr.write("The settings do not allow a start:\n")
    for name, sentence in refusal.faults:
        sys.stderr.write(f"  {name}: {sentence}\n")
    sys.stderr.write("See docs/reference/settings.md; check with: watchword env validate\n")
    return 1
