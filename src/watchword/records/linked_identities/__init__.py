"""Linked identities: whom other providers know, and which account that opens.

    link      an account, and an identity     -> `Taken` when it opens an account, or this one has one there
    find      issuer and subject              -> the account, if it opens one
    use       noted; false when it was unlinked in the meantime
    unlink    one of an account's

An identity is the pair of issuer and subject, and opens one account; an account has one at each provider.
The `label` is what its owner knows it by, as the provider told it then: an address, or a name. Nothing that
a provider gave us (access, refresh and identity tokens) is kept.
Source: OpenID Connect Core 1.0, section 5.7.
"""
