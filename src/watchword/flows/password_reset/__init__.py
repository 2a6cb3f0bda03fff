"""Password reset: prove that you read your mailbox, choose a new password.

    begin    anyone            -> a letter with a link; to an address without an account, a note
    whose    token             -> the address that the link is for; nothing is spent
    finish   token, password   -> the password replaced, every session ended, every other ticket void

The answer to `begin` is the same for every address, and so is the work; the mailbox alone learns. One
mailbox gets three letters an hour; what is asked beyond that is noted and answered alike. The link proves
the mailbox: an account that was waiting for that proof becomes active, and no password, session or ticket
that a stranger attached to it survives. Nobody is signed in by a reset. A new password that is refused
leaves the link as it was. A lock by wrong guesses goes; one by an administrator stays.

The right to undo a change of address survives a reset: else whoever moved the account to their own
mailbox could make that move final.

Ticket: 256 bits, RESET_TOKEN_TTL_MINUTES, one live link for an address.
Problems: `token_invalid|used|expired`, `invalid_input`, `account_locked`, `account_disabled`, `overloaded`.
Source: NIST SP 800-63B-4, section 4.2; OWASP Forgot Password.
"""
