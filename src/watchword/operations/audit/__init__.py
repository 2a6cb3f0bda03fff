"""The audit trail, for those who answer for it: prove that it is whole, search it, put it away.

    verify    every link from the first archive to the head: nothing changed, taken out, put in, moved or cut
              off; names the first row that is wrong, and every row that cannot be what it says
    search    what happened, newest first: by account, type, time, address, request
    archive   what is older than AUDIT_RETENTION_DAYS goes to AUDIT_ARCHIVE: compressed, with checksums and
              digests, without addresses; it is read back before anything is deleted here; by hand, or by the
              worker at AUDIT_ARCHIVE_CRON
    link      the worker, every second: what was committed gets its place in the chain
    check     the worker, every five minutes: the head is signed, and said in the log

`verify` knows the end of the chain by checkpoints: those in the database, and those that stand in files of
the log (`--anchors`), which nobody of the database can take back. Administrators search by the API too.

Problems: `no_archive`, `archive_unavailable`, `audit_chain_broken`.
Source: docs/decisions/0031.
The chain itself: docs/flows/records/audit.md.
"""
