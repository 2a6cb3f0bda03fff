"""PIN reset: prove that you hold your telephone, or read your mailbox; choose a new PIN.

    begin    anyone            -> to a telephone, a text with a code; to a mailbox, a letter with both
    verify   address, code     -> the code is spent; a grant for some minutes (docs/flows/reset_grant)
    confirm  grant, PIN          ┐ the PIN replaced, its lock gone, every other code and grant for one void;
    finish   token, PIN          ┘ the mailbox is told
    whose    token             -> the mailbox of the account that the link is for; nothing is spent

The answer is the same for every address, and so is the work; an address without an account gets nothing.
Where to, how often, and how long a number rests after it was proven is as with passwords
(docs/flows/password_reset). A reset of the PIN ends no session and opens none. A PIN that is refused for
being weak costs no grant.

Somebody with a plain telephone comes by the USSD menu (docs/flows/ussd), as the port `PinRecovery`. The
network vouches for their number there; a code that was asked for in the menu is good in the menu alone, so
that nobody elsewhere can wear it out. It comes as a text, or to the account's mailbox.

Link and code live `OTP_TTL_SECONDS`. Problems: `code_invalid`, `too_many_attempts`, `grant_invalid`,
`grant_used`, `token_invalid|used|expired`, `invalid_input`, `account_locked`, `account_disabled`,
`overloaded`. Source: NIST SP 800-63B-4, section 4.2; Molam's keys `PIN_OTP_EMAIL_SUBJECT` and `..._BODY`.
"""
