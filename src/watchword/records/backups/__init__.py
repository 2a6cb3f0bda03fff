"""Backups: what was made, where it is kept, and whether it is still what was made.

    20260301_020000/                           a folder in BACKUP_DIR, or names in the bucket of BACKUP_S3_URI
        auth_db_20260301_020000.dump.age       pg_dump's custom format (.sqlite.age: the file of SQLite)
        tombstones_20260301_020000.jsonl.age   who was erased, by id: for older backups
        config_20260301.tar.gz.age             .env, keys/, ssl/, config/
        redis_20260301_020000.rdb.age          where BACKUP_REDIS says so
        manifest.json                          what is in it: checksums, rows, schema, number; signed
    latest                                     the name of the newest one

Each part is encrypted to the recipients of BACKUP_RECIPIENT: whoever keeps them cannot read them, nor can
this service, unless it is given the identity. Everybody could encrypt something else to them; so the manifest
is signed under the pepper, and a part that its manifest does not name is none. Backups are numbered: by their
number an older one is told from the newest.

Problems: `backup_missing`, `backup_altered`, `backup_storage_unavailable`, `backup_unconfigured`.
Ledger: N-103..N-105, R-66, G-59, G-60, K-48, K-49, D-28, D-29, D-32, D-33. Decision: docs/decisions/0028.
"""
