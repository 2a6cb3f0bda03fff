"""Floor 2: how bytes move here.

    web        how a request becomes a call, and a result an answer
    db         data access, the journal and the outbox
    settings   settings that belong to no slice
    work       what is done beside requests: jobs, and the outbox carried away
    carriers   whom letters and texts are given to, one after another
    letters    what a letter says
    words      what people read, in three languages
    commands   how a command speaks, and what it is handed
    logs, metrics, hashing, dns

A noun of one file stands beside them, as `throttle`, `sealing`, `contact`, `shapes` and `ports` do.
They, too, look down only (pyproject.toml).
"""
