"""Signing keys: what our access tokens are signed with, and what everybody may verify them by.

    active     signs; verifies
    retired    verifies until every token it signed has expired
    One algorithm belongs to one key (`kid`, RFC 7638); no token chooses its own.

ES256 keys are made here and kept sealed under JWT_SECRET; RSA files given by the operator make RS256;
HS256 exists only by JWT_ALGORITHM=HS256 and is never published. Source: RFC 7515-7519, RFC 9068
(`typ` at+jwt), RFC 8725.
"""
