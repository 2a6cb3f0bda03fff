"""Activity: what happened to one's own account, as the audit trail has it.

    list    newest first, fifty at a time: what, when, from which address and device

Told is what people can make something of; what only operators understand is left out, and so is who of them
did it, and from where. A row is told to the account that it is about, and to nobody else.

Problems: none of its own.
Source: OWASP ASVS 5.0, 7.4 and 16.2 (what an account's owner can see).
"""
