"""Login: prove who you are, get a session.

    by password   address, password -> the guess is counted, the hash compared, the session opened
    by code       address           -> a letter with a code
                  address, code     -> the guess is counted, the code compared, the session opened

A wrong password and an unknown address get the same answer after the same work. A mailbox that proves
itself by a code makes a pending account active; a password that a stranger may have set on it is gone.
One wrong password too many locks (docs/flows/lockout); the session is the entrance's (docs/flows/entrance).

Problems: `invalid_credentials`, `too_many_attempts`, `code_invalid`, `email_not_verified`,
`account_locked`, `account_disabled`, `overloaded`.
Source: NIST SP 800-63B-4; OWASP Authentication.
"""
