"""Former addresses: mailboxes and numbers that an account had proven, and has given up.

    give up   an address, when the account gets another one
    of        an account                -> what is written under these is still about its owner

What carriers and the list of suppressions know of somebody stands under an address. An export and an erasure
look there, too; with the account its former addresses go. One that is another account's by now is that one's.
"""
