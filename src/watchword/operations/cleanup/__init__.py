"""Cleanup: what nobody needs any more is deleted, at the times of CLEANUP_CRON and on demand.

    tickets          an hour after they expired         sessions         expired or ended
    refresh tokens   expired                            guesses          untouched for a day
    outbox           settled a week ago                 idempotency keys a day old
    dispatches       after EMAIL_FEEDBACK_DAYS          receipts         after three days
    resets           the ledger's, after ninety days    ussd sessions    after five minutes
    signals          a week after they were raised     exports          asked for a month ago
    events           EVENTS_RETENTION_DAYS after they were published

    when      every worker looks once a minute whether a time has come; whoever takes the lease first
              cleans up, the others find it done. A time that nobody was there for is made up for.
    at once   `watchword cleanup`; it says so, and ends with 75, while another one runs

The lease ends after five minutes, should its holder be killed. Deleting twice harms nothing.
Ledger: N-81, N-100, A-52, K-29.
"""
