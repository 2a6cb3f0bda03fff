"""Events for operators: read them, see what waits, send them once more.

    tail      the newest events, as others read them; with --follow also those to come
    status    each destination: whether it answers, what waits and since when, how many are dead
    dead      dead letters: what a destination refused, and why
    retry     try dead letters again
    replay    send events once more, under the same ids, as far back as the journal goes
    schema    the JSON Schema of an event

What is replayed is owed anew, after all that waits already. The relay of the running service carries it; how,
tells `plumbing/work/relaying`.
"""
