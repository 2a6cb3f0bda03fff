"""Registration: make an account, prove its mailbox.

    register   anyone          -> a letter with a link and a code; to an address that has an account, a
                                  letter that says so
    verify     link or code    -> the account is active; a welcome letter, once
    resend     anyone          -> a new letter, the old link and code dead

The answer is the same whether or not the address has an account; the work is alike; the mailbox alone
learns. When two strangers register one address before it is proven, no password of theirs survives the
proof: the owner chooses one (docs/decisions). Opening a link spends nothing; only the click that POSTs does.

With `consents` {processing, marketing, transactional} the acts are written in the account's own transaction;
where CONSENT_REQUIRED holds, nobody registers without the first. Those of a stranger hold no longer than
their password: see `records/consents`.

Ticket: 256 bits, VERIFY_TOKEN_TTL_HOURS; code: OTP_TTL_SECONDS.
While the flag `registration` is off there are no new accounts, by this way or by another provider.

Problems: `invalid_input`, `token_invalid|used|expired`, `code_invalid`, `overloaded`, `not_offered`.
Source: NIST SP 800-63A-4, section 3.8; OWASP Authentication; pre-hijacking (Sudhodanan, Paverd, 2022).
"""
