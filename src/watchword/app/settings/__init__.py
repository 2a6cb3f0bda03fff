"""Settings: one frozen tree, one section per slice, read once and handed to whom it concerns.

    the environment           NAME, or NAME_FILE with the path of a file that holds it
    .env.<APP_ENV>, .env      in the working directory, in development only
    the folder SECRETS_DIR    one file per name
    the profile               src/watchword/app/profiles/<APP_PROFILE>.toml
    the kind of environment   profiles/environments.toml
    the field's own default

The first that says something wins; empty says nothing. A name and its alias must agree. Every fault
is found in one reading (`SettingsRefused.faults`), what is unsafe in production among them (`checks`).
"""

from watchword.app.settings.reader import read
from watchword.app.settings.values import Settings, SettingsRefused, Source

__all__ = ["Settings", "SettingsRefused", "Source", "read"]
