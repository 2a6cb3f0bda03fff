"""Reset grant: what permits somebody to choose a new password or PIN: a link, a right code, or a grant.

    prove     address, code -> the guess is counted and compared (docs/flows/code_proof); a code that bears no
                               more guesses blocks its reset in the ledger
    give      right code    -> the code is spent, the reset verified; a grant
    by_link   token         ┐
    by_code   right code    ├ a permit: whose it is; nothing is spent
    by_grant  grant         ┘
    spend     permit        -> the link, the code or the grant is spent, once

All three permit the same, in one order: whose it is, the new secret prepared, the account held, the permit
spent, the account looked at once more, the new secret written.

A grant is a JWT under `JWT_RESET_SECRET` (HS256, `typ` reset+jwt, `aud` what may be chosen) around a ticket
of a purpose of its own. The signature tells ours from any other; the ticket lives for
`RESET_GRANT_TTL_SECONDS`, is spent once, and dies with all others when a credential changes. It says nothing
of whom it is for. An access token is no grant, for its type and its key are others; for the same reasons a
grant is no access token, and one for a PIN is none for a password. Secrets that were replaced verify until
they are forgotten (`JWT_RESET_SECRET_PREVIOUS`).

It has no doors: flows see it as the port `ResetGrants` (docs/decisions/0016).
Problems: `grant_invalid`, `grant_used`, `code_invalid`, `too_many_attempts`.
Source: NIST SP 800-63B-4, section 4.2; RFC 7519; RFC 8725, sections 3.9 and 3.11.
"""
