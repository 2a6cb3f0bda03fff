"""Texts: short messages to telephones on their way, from the transaction that asks for one to the carrier.

    queue    within the flow's transaction: words, number and facts, sealed, into the outbox
    pretend  the same work for nobody: strangers cannot tell by the time it takes
    carry    the worker: claim, write in the reader's language, hand over, settle

They go the way of letters (docs/flows/records/deliveries): the urgent first, never late, tried again under
one id, given up with the reason, wiped when done; carriers are asked in the order of `SMS_SERVICE`. Where a
country wants a sender of its own, `SMS_SENDERS` names it. A number of a country that `SMS_ALLOWED_COUNTRIES`
does not name is refused before anybody is asked.
"""
