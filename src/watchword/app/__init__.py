"""Floor 5: joins everything; decides nothing.

    main, program, cli           the command `watchword`, from its first import to the command that was meant
    collector                    what an import made is looked through no more
    command_groups, examples     the commands of the slices; what each shows of itself
    starting, reading            from settings to a listening service
    settings                     all of them, read once
    building, wiring, slices     the house: what is put in, what is built by type, what folders hold
    storing                      the database, and the counters
    carrying, lettering          carriers; words and letters
    wording, receiving           what people read; what requests are counted by and answered with
    relaying, signalling         where events go; who is told of signals
    archiving, backing           where the audit trail is put away, and backups go
    vouching                     who else may say who somebody is
    managing                     who keeps secrets for us
    flagging                     what operators may switch
    asgi, inner                  the application, and what stands at the port of metrics
    serve, listening, stopping   bind, serve, drain, stop; who was asked to, and how often
    supervisor, reloading        several processes on one socket; a new one when the source changes
    hangup, diagnosing           another level of the log without a restart; where its time goes
    worker, running              the jobs of every slice; one of them by hand
    probing, monitoring          how a running service is, asked from outside, once or in rounds

`profiles/` holds defaults as data.
"""
