"""Cleanup: what nobody needs any more is deleted, every six hours and on demand.

    tickets          an hour after they expired         sessions         expired or ended
    refresh tokens   expired                            guesses          untouched for a day
    outbox           settled a week ago

Deleting twice harms nothing, so several workers may do it. Ledger: N-81, N-100, A-52.
"""
