"""Guesses: how often somebody failed at an account, whichever door they tried; kept in SQL.

    enter   one more guess under way, in its own commit, before anything is compared
    failed  the guess was wrong                    -> tells whether it was the one that locks
    forget  the guess was right                    -> the count starts anew
    excuse  nothing was guessed (the service was busy)

After MAX_LOGIN_ATTEMPTS the account refuses guesses for ACCOUNT_LOCK_TIME_MS, twice as long each time
anew, up to a day. The key is a digest of the address that was typed, so an address without an account
locks just the same and nobody learns which exist. A known device has a count of its own, so a stranger
cannot lock an owner out. Wrong passwords and wrong codes count apart. Counts survive restarts.

As many guesses as an account bears may be under way at once; one more is told to come again in a moment, and
is no failure. Of those that nobody settles (the process died) it is not known whether they were wrong: they
count as a lock that began with the last of them, and after ACCOUNT_LOCK_TIME_MS the count starts anew.
Problems: `too_many_attempts` and, while nothing is locked, `rate_limited`, both with `Retry-After`.
Source: NIST SP 800-63B-4, section 3.2.2; OWASP Credential Stuffing.
"""
