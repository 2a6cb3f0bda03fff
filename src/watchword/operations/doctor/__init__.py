"""The doctor: look at everything this service stands on, and name the command that mends it.

    python   settings   secrets   database   migrations   isolation   clock
    redis    mail       texts      events     signals    backup     providers    dns    address
    disk     port

Every check says `ok`, `warning`, `failed` or `skipped`, and nothing is changed. The service's own parts are
put together once for the whole round, for the checks that want them; only where that fails is the database
away and the rest of these `skipped`. Any other fault is `failed`, by its own name. Settings are told as set
or unset, never by value. Exit 0 when nothing failed or was skipped, else 1.

    secrets      files of secrets are their owner's alone; a warning where one is older than 90 days
    database     answers; a warning when all instances may want more than 80 % of its connections
    clock        the database's time and ours differ by 2 s at most (codes and tokens need it)
    isolation    on PostgreSQL our role is bound by row-level security: no superuser, no bypass; production's
                 log says an error at each start, and every hour, while it is not
    dns          the sender's domain: SPF, DKIM and DMARC, as `watchword dns check` sees them
    mail         every carrier of EMAIL_SERVICE, whether or not another would do: of a relay DNS, TCP, EHLO,
                 STARTTLS, AUTH, as far as a letter goes, short of sending one; of a provider whether its
                 key is good for sending
    texts        the same of those who carry texts
    events       each destination answers, has refused none, and waits for none older than five minutes; of a
                 webhook also whether it is reached by TLS, its certificate good, and how many keys sign
    signals      the same of the risk engine's receiver, where SIRA_ENABLED says that there is one; nothing is
                 posted
    backup       the newest is not older than 26 hours, and what makes them is at hand; in production a
                 warning where none are made (BACKUP_RECIPIENT)
    providers    whoever people may sign in with answers by discovery, is who the settings say, and publishes
                 keys; GitHub says nothing of itself
"""
