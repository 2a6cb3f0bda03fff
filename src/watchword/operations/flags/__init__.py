"""Flags, for operators: switch a behaviour while the service runs, for all or for one tenant.

    list      every flag there is, what it switches, and how it stands
    set       on, off, or a share such as 25%: the same people each time, and with more of them the more
    clear     back to the default, or for a tenant to what holds for all

Every process of the service acts by it within a second, without a restart; each change is a fact of the
journal (`flag.changed`), so the audit trail knows who did it. A share is of mailboxes, networks or accounts,
whichever the behaviour is about.

Problems: `not_found` with the nearest name, `invalid_input`. What is switched off answers `not_offered`.
Ledger: G-05.
"""
