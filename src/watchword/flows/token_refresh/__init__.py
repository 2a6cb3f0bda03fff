"""Token refresh: a refresh token becomes an access token and the next refresh token.

    refresh   token -> access token, successor
              the same token again within ten seconds, from the same client: the same successor
              any other reuse: the session ends, its owner is told

Problems: `refresh_token_invalid`, `refresh_token_reused`.  Source: RFC 9700, section 4.14; RFC 6749,
section 6.
"""
