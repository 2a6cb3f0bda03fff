"""Configuration: what is set, where it came from, what is wrong with it; and fresh secrets.

    env validate        operator  -> every fault of the settings at once; exit 1 when there is one
    config show         operator  -> every setting, secrets masked, and where each value came from
    config reference    operator  -> all settings there are, as a page or as a `.env.example`
    secrets generate    operator  -> one secret for each purpose, 64 bytes each, to stdout or a folder

A file of secrets is readable by its owner alone, appears whole or not at all, and is never written
over unless --force says so. Nothing here prints a secret that was given.
"""
