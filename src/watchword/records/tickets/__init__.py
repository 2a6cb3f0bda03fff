"""Tickets: the single-use secrets that we send, as a link and, where wanted, as a code.

    issue   one live ticket for a purpose and an address; an earlier one stops working
    peek    is this link good? (a page may ask; nothing is spent)
    spend   by link: one conditional UPDATE           -> `token_invalid|used|expired`
    read    what was typed                            -> its digits, or `invalid_input`: no guess at all
    guess   by code: counted in its own commit, then compared; `spend_guessed` spends it in the flow's
                                                      -> `code_invalid`

Every code that was tried is noted here, whichever flow it was for: right, wrong, too late, or beyond the
last guess.

A link token has 256 bits; a code has `OTP_LENGTH` digits, lives `OTP_TTL_SECONDS` and bears
`MAX_OTP_ATTEMPTS` guesses. The table keeps digests under the pepper, bound to purpose and address:
a ticket of one purpose is nothing at another door.
Source: NIST SP 800-63B-4, sections 3.1.3 and 4.2; OWASP Forgot Password.
"""
