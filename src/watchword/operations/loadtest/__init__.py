"""The load test: many at once knock at a running service, for so many requests or so many seconds.

    health    GET /health
    sign-in   POST /auth/login, each time as somebody else: six of ten with the right password, two with a
              wrong one, two whom nobody knows; --accounts names those with a password
    codes     POST /auth/otp/request, for mailboxes that nobody has
    mixed     seven sign-ins, two codes, one look at health

It goes to this machine and nowhere else, unless --this-service-is-mine says whose the load is. It is
bounded: a hundred thousand requests, a thousand connections, ten minutes. --spread says in X-Forwarded-For
that each request comes from another address of the network for such trials (RFC 2544, 198.18.0.0/15);
a service believes it where TRUSTED_PROXIES names this machine, and then limits for an address are not
what is measured. Told are answers by status, what took how long (p50, p95, p99), and how many failed:
no answer, 5xx, or a status that the step does not know. Exit 1 when any did.
Ledger: R-74, N-107, D-66.
"""
