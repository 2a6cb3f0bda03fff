"""Mailbox proof: whoever reads a mailbox proves it, and a pending account becomes theirs.

    prove   a pending account, and the letter that was answered   -> it is active, in the flow's transaction

What a stranger may have attached before is gone: every ticket, and the password and any linked identity,
unless the letter is that of the account's only registration (docs/decisions/0010). An address that another
provider has verified proves a mailbox as a letter does (flows/social_login). An account that is not pending
stays as it is.
That earlier letters bounced is forgotten: whoever answers one gets them.

It has no doors: flows see it as the port `MailboxProof` (docs/decisions/0016).
Source: pre-hijacking (Sudhodanan, Paverd, 2022); NIST SP 800-63A-4, section 3.8.
"""
