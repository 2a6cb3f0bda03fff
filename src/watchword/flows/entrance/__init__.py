"""Entrance: whoever has proven who they are gets a session; every flow that signs somebody in comes by here.

    admit    who, by which method, from where, over which transport   -> a session, in the flow's transaction
    tokens   the session, after the commit                             -> access and refresh token

A browser gets a cookie, an API client an access token and a refresh token; both name one session. The
journal notes each session. Whoever had sessions before, but none with this user agent, gets a letter.

It has no doors: flows see it as the port `Entrance` (docs/decisions/0016).
Source: NIST SP 800-63B-4, section 5; RFC 6749, section 5.1; RFC 9068.
"""
