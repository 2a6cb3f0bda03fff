"""Identities: the other sign-ins that open an account.

    list     signed in                         -> which there are, and when each was used
    link     a session, and who was vouched for  -> it opens this account, too; a letter says so
    unlink   signed in within fifteen minutes  -> it opens it no longer; other sessions end; a letter says so

An identity opens one account, and an account has one at each provider. The last way in cannot be unlinked:
a password must be left, or another identity, whose provider is in the settings and not switched off. The way
to a provider and back is social login's, which reaches `link` by the port `IdentityLinking`
(docs/decisions/0016).

Problems: `identity_taken`, `identity_linked_already`, `last_way_in`, `not_found`, `fresh_sign_in_required`.
Source: NIST SP 800-63B-4, section 4.1 (binding and unbinding of authenticators).
"""
