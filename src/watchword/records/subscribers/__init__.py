"""Subscribers: the people (and the few administrators) who have an account.

    pending_verification -> active            the mailbox is proven
    active <-> locked                         by an administrator
    active, locked -> disabled -> active      by an administrator
    any -> erasing -> erased                  personal fields gone; until then it may be undone

An address is unique without regard to letter case. `version` counts changes, for optimistic locking.
Problems: `conflict` (someone changed the row in the meantime).
"""
