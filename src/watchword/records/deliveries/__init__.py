"""Deliveries: letters on their way, from the transaction that asks for one to the carrier.

    queue    within the flow's transaction: template, address and facts, sealed, into the outbox
    carry    the worker: claim, render, hand over, settle

What anybody can ask for (codes, links that prove a mailbox) draws on everybody's budget of the hour and
of the day (`EMAIL_BUDGET_HOUR`, `EMAIL_BUDGET_DAY`), beside its mailbox's own (`RATE_LIMIT_LETTERS`).
What goes beyond is withheld: whoever asked cannot tell, the journal does (`email.rate_limited`), the log
as a security event, and `email_withheld_total` counts it by reason.

Codes go before notices, and notices before bulk; a letter that has expired is never sent. Carriers are
asked in their order (`plumbing/carriers`). What none took, and what nobody can tell of, goes out again,
later each time and not before a carrier wants it, under the same Message-ID. The outbox remembers which
carrier may have a letter of which nobody can tell: that one alone is asked again. What was refused for
itself, or tried `EMAIL_MAX_TRIES` times, is a dead letter: with the reason, and sealed for a week, so that
an operator may retry it; else who wrote what to whom is wiped when it is settled. While every carrier
rests, letters wait and lose no try. Source: RFC 5321, section 4.5.4 (retries).
"""
