"""Lockout: one wrong password or code too many, and an account refuses more; its owner may end that.

    lock     the last guess was wrong, at whichever door   -> a fact; a letter with a link to the owner
    unlock   the link                                      -> guesses are taken again: strangers', those of
                                                              the device that locked, and of this browser

Passwords and codes are refused apart: whoever is shut out of one gets in by the other.

How many guesses an account bears, and for how long it refuses, is `records/guesses`. An address without
an account locks alike, after the same work; nobody is told of it. The letter carries a link alone: nobody
waits at a page where a code could be typed. Other flows see this as the port `Lockout` (docs/decisions/0016).

Ticket: 256 bits, RESET_TOKEN_TTL_MINUTES; only the click that POSTs spends it.
Problems: `token_invalid|used|expired`.  Source: OWASP Authentication (account lockout); NIST SP 800-63B-4,
section 3.2.2.
"""
