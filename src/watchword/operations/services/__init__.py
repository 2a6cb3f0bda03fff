"""Services, from the console: give another program a token to call us with, and take it away.

    add       the token is printed once; the table keeps a digest
    list      names, since when, until when
    revoke    the token is worthless at once

Problem: a name that exists already (exit 1).
"""
