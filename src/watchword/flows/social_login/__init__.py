"""Social login: another provider says who somebody is: Google, GitHub, LinkedIn, any OpenID provider.

    begin    a provider               -> the browser goes there; what binds the way back is in its cookie
    arrive   state, code              -> the code is spent, the provider vouches, and then
               a linked identity      -> the session of its account
               a verified address     -> a new account with a session; where consents are needed, a page
                                         asks for them first
               that has an account    -> nobody is let in: sign in to it, and link there
    link     signed in freshly        -> the same way; what comes back opens this account, too

A way there and back is good once, within ten minutes, in the browser that began it (`state` in a sealed
cookie of its own, so that two tabs do not meet; a receipt), with the code that it began (PKCE), for the
token that it asked for (`nonce`), from the provider it went to (`iss`, RFC 9207), and back at the one
address that the provider knows; that is shared by none but Google, GitHub and LinkedIn, so that no provider
that an operator names is told the code of another (mix-up). What a newcomer agrees by makes one account,
and signs nobody in. Nothing is written before the provider has vouched, and then all of it or nothing.

No account is linked by its address: whoever owns an address at a provider need not be whoever opened the
account. The one exception is an account whose mailbox nobody has proven: a verified address proves it, as
a letter would, and what a stranger attached is gone (docs/decisions/0010). A link comes back to the very
session that began it. Each is told to the owner by letter. A provider's tokens are not kept.

A provider whose flag (`oauth.google`, `oauth.github`, `oauth.linkedin`, `oauth.others`) is off is offered to
nobody, and whoever comes back from it is not let in; newcomers need `registration`, too.

Browsers come to begin and arrive: they get a page when something is wrong, programs problem+json.
Problems: `oauth_state_invalid`, `oauth_declined`, `oauth_refused`, `oauth_unavailable`,
`oauth_email_unverified`, `oauth_account_exists`, `identity_taken`, `identity_linked_already`,
`not_offered`, the account's.
Source: OpenID Connect Core 1.0; RFC 6749, 7636, 9207, 9700; pre-hijacking (Sudhodanan, Paverd, 2022).
"""
