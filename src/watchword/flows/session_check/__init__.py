"""Session check: who is this? The question that every request of every application asks.

    by cookie   digest of the cookie        -> session and account, in one statement
    by token    access token, verified      -> its `sid`: session and account, in one statement

Answers stay in this process' memory for some seconds, and only while news of ended sessions is proven
to arrive: a session ended anywhere is refused everywhere within one second (docs/decisions).
`GET /auth/me` is a hot door: it stands before the router. `GET /me` is an ordinary one that also says
`consent_renewal_required`, at the price of a second statement.

Problems: `unauthenticated`.  Source: NIST SP 800-63B-4, section 5; OWASP Session Management.
"""
