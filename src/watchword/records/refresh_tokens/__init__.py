"""Refresh tokens: opaque, of one use; each use gives a successor (RFC 9700, section 4.14).

    issue    the first token of a session
    rotate   token -> successor                      one conditional UPDATE decides who won
             the same token within ten seconds, its successor unused, from the same client:
                 the identical successor (several tabs, a lost answer), never a second one
             any other reuse: the whole session ends -> `refresh_token_reused`

A successor is HMAC-SHA-256(JWT_REFRESH_SECRET, seed of its row, token): it can be told again without
being kept. Problems: `refresh_token_invalid`, `refresh_token_reused`.
"""
