"""Data access: SQLAlchemy writes the SQL once, the driver runs it.

    columns     the types and the one metadata that tables and migrations share
    statements  a Core statement, compiled once for each dialect
    ports       what a store sees: an `Executor` to run statements on, a `Transaction`, a `Database`
    postgres    asyncpg behind those words; tenant and schema are set when a connection opens
    sqlite      sqlite3 behind them: reads on the loop, writes in one thread
    changes     what processes tell one another: sessions ended, letters waiting
    journal     facts, in the transaction that made them true
    outbox      work to do after the transaction: at least once, by id
    pieces      a piece of that work, and what may become of it
    queued      what of it is not done, or is dead
    queue       that work, as operators look after it
    event_outbox  which fact is owed to whom, in the transaction that wrote it
    event_queue   what is still owed, what became of it, and dead letters
    owed_events   an event that is owed, and what may become of it
    personal    what each table knows of a subscriber, how it is told and erased
    purging     what is over goes, a batch at a time
    holding     what only one process does at a time, for as long as it lives
    leases      the same over all machines, for so long
    dev_messages  letters and texts that stay on this machine
    ping        whether the database answers
    slow        statements that took long, told in the log
    dumps       a database as it was at one moment, out of it and into another one

Behind `postgres`: `dialling` (how a connection is made), `scope` (the schema and the tenant that it is told),
`hosts` (to which of several servers), `pooler` (what stands between) and `tls_fault` (what no waiting mends);
`pool` (the connections), `postgres_transaction` and `postgres_errors` (the server's errors in our words);
`bundle` and `gathering` (many statements in one round trip), `listening` (the news of other processes) and
`advisory` (locks).
Behind `sqlite`: `sqlite_transaction` and `sqlite_errors`.

No ORM session anywhere. Single use is one conditional UPDATE (docs/decisions).
"""
