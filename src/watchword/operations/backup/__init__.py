"""Backup: the database out of the service, encrypted, proven, and back into it.

    create    one process at a time: a moment of the database (pg_dump of a snapshot; SQLite's online
              backup), straight into encryption; the tombstones; the configuration; Redis where it is wished
              for; then the signed manifest, which makes it a backup. What is too old goes
    verify    fetch, compare checksums, decrypt, restore into a scratch database, bring it to this program's
              schema, compare rows and schema with the manifest, and prove the audit trail; what cannot be
              restored is not whole. What a killed one left in a scratch database goes with the next
    restore   all that can be refused is refused before anything is touched: what was changed, cut short or
              put together of several; what we did not sign; another key; an older one (--older); a database
              in use, one of another kind, one with people in it (--force). Then beside the database, where
              nobody is served: migrate -> for each tenant: erase anew who was erased since -> end what was
              issued -> the journal. Then it takes the database's place, in one step. Whatever breaks off
              before that step leaves the former database as it was
    prune     what is older than BACKUP_RETENTION_DAYS, but for the newest; where that is denied, a backup
              that was made is made all the same

    when      every worker looks once a minute whether a time of BACKUP_CRON has come; whoever holds the name
              does it. One that failed is tried again a quarter of an hour later; so is a proof that could not
              even be tried, for want of a scratch database or of the right key. A time that nobody was there
              for is made up for
    after     a restoration sessions are ended and links and codes void (`--keep-sessions` keeps them): who
              signed out since then would be signed in again. The former database stays beside the new one.
              Who was erased is known from it, from all that were kept aside before, from newer backups and
              from --tombstones; the restored one remembers all of them

`verify` and `restore` want the identity, which this service does not have unless BACKUP_IDENTITY gives it.

Problems: `backup_unconfigured`, `backup_failed`, `backup_missing`, `backup_altered`, `backup_outdated`,
`backup_foreign`, `backup_key_wrong`, `backup_extra_missing`, `backup_tool_missing`,
`backup_storage_unavailable`, `backup_sees_one_tenant`, `database_in_use`, `database_not_empty`,
`restore_failed`, `restore_role_missing`, `no_scratch`.
Ledger: N-103..N-105, A-62, R-66, G-06, G-59..G-61, G-72, K-48, K-49, K-51, D-28, D-29, D-31..D-33.
"""
