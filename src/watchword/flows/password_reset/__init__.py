"""Password reset: prove that you read your mailbox, or hold your telephone; choose a new password.

    begin    anyone            -> to a mailbox, a letter with a link and a code, or a note that no account is
                                  here; to a telephone, a text with a code, or nothing
    whose    token             -> the address that the link is for; nothing is spent
    verify   address, code     -> the code is spent; a grant for some minutes (docs/flows/reset_grant)
    confirm  grant, password     ┐
    finish   token, password     ├ the password replaced, every session ended, every other ticket void
             address, code, password ┘

The answer to `begin` is the same for every address, and so is the work; the mailbox or the telephone alone
learns. One mailbox gets three letters an hour, one telephone three texts, within the budgets of texts
(docs/flows/records/texts); what is asked beyond that is noted and answered alike. Link and code are
one ticket: whichever comes first spends it. Either proves the mailbox: an account that was waiting for that
proof becomes active, and no password, session or ticket that a stranger attached to it survives. Nobody is
signed in by a reset. A lock by wrong guesses goes; one by an administrator stays.

A telephone number is read in any spelling of its `country` (E.164). It leads to the account that proved it
last, and only when that was `PHONE_CHANGE_DELAY` ago: whoever takes somebody's number over, or adds one to an
account that stands open, cannot reset with it at once, and the mailbox is told of the number meanwhile. A
reset by the mailbox, or another password, within that time leaves such a number unproven. Each reset has its
row in the ledger (docs/flows/records/resets) and one fact when it is completed.

A new password that is refused costs no guess. A wrong code counts, for the code (MAX_OTP_ATTEMPTS) and among
the network's attempts to sign in; it wears out the code and not the link.

The right to undo a change of address survives a reset: else whoever moved the account to their own
mailbox could make that move final.

Ticket: 256 bits, RESET_TOKEN_TTL_MINUTES, one live link for an address; code: OTP_TTL_SECONDS.
Problems: `token_invalid|used|expired`, `code_invalid`, `grant_invalid`, `grant_used`, `too_many_attempts`,
`invalid_input`, `account_locked`, `account_disabled`, `overloaded`.
Source: NIST SP 800-63B-4, section 4.2; OWASP Forgot Password.
"""
