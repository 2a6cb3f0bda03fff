"""Floor 2: how bytes move here.

    web        how a request becomes a call, and a result an answer
    db         data access, the journal and the outbox
    settings   settings that belong to no slice
    work       what is done beside requests: jobs, and the outbox carried away
    carriers   whom letters and texts are given to, one after another
    letters    what a letter says
    words      what people read, in three languages
    commands   how a command speaks, and what it is handed
    archives   files that leave this machine, sealed
    chain      rows under digests, so that no change stays unseen: the audit trail
    events     which facts others are told, and in which shape
    ussd       what the gateway of a mobile network posts, and the signs of a screen
    logs, metrics, hashing, dns

A noun of one file stands beside them:

    ports        what flows need of one another inside a transaction
    house        the house, as doors, commands and jobs see it
    shapes       loose values to frozen structs, and back
    faults       every fault of a form at once
    contact      mailboxes and telephone numbers
    throttle     how often somebody may knock
    sealing      bytes that only we read
    remembered   a short memory that news can take back
    issuer       who we are to others
    findings     what one check came to, told alike by every round of checks
    probes       how the world around us answers, step by step
    folders      files for nobody else; what is wrong with a folder of ours
    flags        what is switched just now
    offering     with which other providers somebody may sign in

They, too, look down only (pyproject.toml).
"""
