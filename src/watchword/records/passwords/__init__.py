"""Passwords: memorised secrets, screened when chosen, hashed slowly, never kept.

    screen   length, and how easily it is guessed         -> `password_too_short`, `password_too_common`
             (by anybody, and by whoever knows the address, the name and ours)
    hash     HMAC-SHA-256 under the pepper, then argon2id or bcrypt, in the pool
    verify   the same work whether or not there is an account, but for another system's hash
             (docs/decisions/0034); an outdated hash is made anew
    adopt    another system's hash, as it is and without our pepper: outdated from the first

Normalised by NFKC; counted in characters; anything printable goes, no composition rules, no expiry.
Source: NIST SP 800-63B-4, section 3.1.1; OWASP Password Storage.
"""
