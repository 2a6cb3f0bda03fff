"""Login: prove who you are, get a session.

    by password   address or number, password
                                    -> the guess is counted, the hash compared, the session opened
    by letter     address           -> a letter with a code and a link: one ticket, good for one of the two
      code        address, code     -> the guess is counted, the code compared, the session opened
      link        token             -> a page names the account; its button opens the session, in that browser

A telephone number does as well as the mailbox where the account has proven it; guesses by either add up.
A wrong password and an unknown address get the same answer after the same work. A mailbox that proves
itself by a letter makes a pending account active; a password that a stranger may have set on it is gone.
The link lives as long as the code. Opening it spends nothing; whoever is sent a link that somebody else
asked for reads on the page whose account it opens. Wrong codes wear the code out and not the link.
One mailbox gets as many of these letters as RATE_LIMIT_OTP says; what is asked beyond that is noted and
answered alike.
Every password is a guess (docs/flows/password_proof), and one too many locks (docs/flows/lockout); the
session is the entrance's (docs/flows/entrance).
While the flag `sign_in.code` is off, or holds for others, letters open nothing; passwords do.

Problems: `invalid_credentials`, `too_many_attempts`, `code_invalid`, `token_invalid|used|expired`,
`email_not_verified`, `account_locked`, `account_disabled`, `not_offered`, `overloaded`.
Source: NIST SP 800-63B-4; OWASP Authentication.
"""
