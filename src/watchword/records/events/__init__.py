"""Events: what others are told of facts, from the outbox to their destinations.

    owe      with the fact, in its transaction (`plumbing/db/journal`): a row for each destination
    relay    one process for all destinations, each at its own pace: what is due, in order; published,
             put back until later, or parked; written down in one commit
    replay   an operator's wish: facts of the journal are owed once more

One process at a time relays: whoever holds the lock of the database, which ends with them. A destination
that is away is asked again after 1, 2, 4 ... 30 seconds, and nothing is counted against any event. An
event that is refused is put back, and with it the later ones of its account; what is refused for good, or
`EVENTS_MAX_TRIES` times, is parked, and the others go on. After a round that failed the next goes one by
one and begins elsewhere, so that an event that breaks a connection is found out.

At least once: what was published but not written down is published again, under the same id.
Source: CloudEvents 1.0.2; Standard Webhooks; docs/decisions/0022.
"""
