"""Configuration: what is set, where it came from, what is wrong with it; secrets made and fetched.

    env validate        operator  -> every fault of the settings at once; exit 1 when there is one
    config show         operator  -> every setting, secrets masked, and where each value came from
    config reference    operator  -> all settings there are, as a page or as a `.env.example`
    secrets generate    operator  -> one secret for each purpose, 64 bytes each: to stdout, a folder, a `.env`
                                     or a manager of secrets
    secrets age         operator  -> how old each secret is, by its file or its manager; exit 1 beyond 90 days
    secrets pull        operator  -> what a manager keeps for us, into a folder

A file of secrets is readable by its owner alone, appears whole or not at all, and is never written
over unless --force says so (or the manager does: what is pulled is as it is there). Nothing here prints a
secret that was given. Docs: docs/operate/secrets.md.
Ledger: N-18, N-19, A-46, G-53, G-54.
"""
