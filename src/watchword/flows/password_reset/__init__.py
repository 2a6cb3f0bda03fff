"""Password reset: prove that you read your mailbox, choose a new password.

    begin    anyone            -> a letter with a link and a code; to an address without an account, a note
    whose    token             -> the address that the link is for; nothing is spent
    finish   token, password; or address, code, password
                               -> the password replaced, every session ended, every other ticket void

The answer to `begin` is the same for every address, and so is the work; the mailbox alone learns. One
mailbox gets three letters an hour; what is asked beyond that is noted and answered alike. Link and code are
one ticket: whichever comes first spends it. Either proves the mailbox: an account that was waiting for that
proof becomes active, and no password, session or ticket that a stranger attached to it survives. Nobody is
signed in by a reset. A lock by wrong guesses goes; one by an administrator stays.

A new password that is refused costs no guess. A wrong code counts, for the code (MAX_OTP_ATTEMPTS) and among
the network's attempts to sign in; it wears out the code and not the link.

The right to undo a change of address survives a reset: else whoever moved the account to their own
mailbox could make that move final.

Ticket: 256 bits, RESET_TOKEN_TTL_MINUTES, one live link for an address; code: OTP_TTL_SECONDS.
Problems: `token_invalid|used|expired`, `code_invalid`, `too_many_attempts`, `invalid_input`,
`account_locked`, `account_disabled`, `overloaded`.
Source: NIST SP 800-63B-4, section 4.2; OWASP Forgot Password.
"""
