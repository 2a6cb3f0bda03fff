"""Risk: the journal is read for what looks like an attack, and a risk engine is told.

    every ten seconds   one worker of all reads the newest facts of the journal, each with the window that
                        ends there, and raises what passes a threshold (records/signals)
    risk evaluate       the same over past data: what would have been told, and when; nothing is

    what is watched         window                     a signal when
    codes tried             SIRA_OTP_WINDOW            more than SIRA_THRESHOLD_OTP_FAILURE_RATE of at least
                                                       SIRA_OTP_MIN_SAMPLE were wrong, late or blocked
    failures of a network   SIRA_FAILURE_WINDOW        there are SIRA_FAILURES_PER_ADDRESS of them
    resets of a network     SIRA_RESET_WINDOW          they are of SIRA_RESET_ACCOUNTS_PER_ADDRESS accounts
    resets of an account    SIRA_RESET_WINDOW          there are SIRA_RESETS_PER_ACCOUNT of them
    country of a reset      SIRA_COUNTRY_MEMORY        the account had others in it, and never this one

A window slides: it ends at each fact, not at full minutes. Of one subject the same is not told again before
`SIRA_COOLDOWN`. A network is an IPv4 address or a /64 of IPv6; one behind which many people stand
(`SIRA_SHARED_NETWORKS`) is not judged. Facts are looked at for a quarter of an hour, so that a worker
that was away misses nothing. Nobody is refused because of it, and no request waits for it.

Which facts count is one line each in `rules.py`. Ledger: M-24 to M-27. What to do: docs/operate/risk.md.
"""
