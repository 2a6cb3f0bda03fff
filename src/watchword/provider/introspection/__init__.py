"""Introspection: another service asks whether a session or an access token is good (RFC 7662).

    introspect   service token; `token` as form or JSON -> {"active": false}, or whose it is

The token may be an access token (JWT) or the value of a session cookie. The caller proves itself by a
service token (`watchword services add`). Nothing is said of why a token is not good.
Problem: `unauthenticated`.
"""
