"""Sessions: one row from sign-in to sign-out, whatever carries it.

    cookie   an opaque token of 256 bits in a `__Host-` cookie (browsers)
    token    an access token (JWT) naming the session as `sid`, and refresh tokens (API clients)

A session ends when it is signed out, revoked, idle too long, or older than its absolute lifetime; a
change of credentials ends every session of the subscriber. Whoever ends one before its time, it is a fact
of the journal, in the same transaction. The row holds a digest, never the token.
Last-used times are gathered in memory and written together every few seconds.
Source: NIST SP 800-63B-4, section 5; OWASP Session Management.
"""
