"""Migrations: how the schema grows, by Alembic, on PostgreSQL and SQLite alike.

    before/   expand: run before the new program starts; the old one keeps working on it
    after/    contract: run when no old program is left; only then may anything go

Each half is a line of revisions of its own, `before_0001`, `before_0002` ..., `after_0001` ...; a file
is named by its number and its subject. `up` runs what is pending of `before`, then of `after`
(`half="before"` stops there). A program is ready when nothing of `before` is pending.

A revision is explicit (op.create_table ...) and never changed once released; `words` has what
revisions share. On PostgreSQL every revision is a transaction of its own, on SQLite all pending ones
are one; what fails leaves nothing behind. Two processes that migrate at once do it once.

    migrate      bring a database to the schema of this program
    known        which revisions there are, and which a database has; without Alembic
    connecting   a connection to migrate on
    running      revisions on an open connection
"""
