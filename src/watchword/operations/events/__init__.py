"""Events for operators: read them, see what waits, send them once more.

    tail      the newest events, as others read them; with --follow also those to come
    status    each destination: whether it answers, what waits and since when, what was parked
    parked    what a destination refused, and why
    replay    send events once more, under the same ids: parked ones, or any the journal holds
    schema    the JSON Schema of an event

What is replayed is owed anew, after all that waits already; the relay of the running service carries it.
"""
