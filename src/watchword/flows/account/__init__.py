"""Account: what a subscriber sees and changes of their own.

    profile       names, phone, language; `version`, when sent, must be the one that was read
    sessions      where the account is signed in: device, last use, which one is this
    end           one session, or all others
    preferences   language and theme of the pages, for anybody, kept in cookies

A session that is not the caller's own is as unknown as one that never was. A telephone number that
changes is no longer proven. Language and theme of the pages say nothing of a person, so they need no account.

A language that is chosen in the profile holds wherever its owner comes from; `null` takes the choice
back, and then what the browser says is heard again.

Problems: `invalid_input`, `conflict`, `not_found`.
Source: OWASP ASVS 5.0, sections 7.4 and 7.5 (sessions seen and ended by their owner).
"""
