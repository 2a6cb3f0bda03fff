"""Settings: one frozen tree, one section per slice, read once and handed to whom it concerns.

    the environment           NAME, or NAME_FILE with the path of a file that holds it
    .env.<APP_ENV>, .env      in the working directory, in development only
    the folder SECRETS_DIR    one file per name
    SECRETS_PROVIDER          a manager of secrets: files, Vault or AWS
    the profile               src/watchword/app/profiles/<APP_PROFILE>.toml
    the kind of environment   profiles/environments.toml
    the field's own default

The first that says something wins; empty says nothing. A name and its alias must agree. Every fault
is found in one reading (`SettingsRefused.faults`), what is unsafe in production among them (`checks`).

    catalogue, reference          every setting that is declared, and the page about them
    reader, values                a reading, and what it comes to
    layers, lookup, dotenv, near  where a setting may be told, how it is found there, what is mistyped
    managed                       what a manager of secrets keeps
    profiles, composition, derivation   defaults, wholes and parts, secrets of a development
    checks, outward               what is unsafe together; what leads beyond this machine
    guide, masking                what operators may ask, and what is shown of a secret
"""

from watchword.app.settings.reader import read
from watchword.app.settings.values import Settings, SettingsRefused, Source

__all__ = ["Settings", "SettingsRefused", "Source", "read"]
