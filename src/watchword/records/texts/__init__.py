"""Texts: short messages to telephones on their way, from the transaction that asks for one to the carrier.

    queue    within the flow's transaction: words, number and facts, sealed, into the outbox
    pretend  the writing of a text for nobody: strangers cannot tell by the time it takes
    decline  all the work of `queue` for a number that gets none; no budget of others is used up by it
    carry    the worker: claim, write in the reader's language, hand over, settle

They go the way of letters (docs/flows/records/deliveries): the urgent first, never late, tried again under
one id, dead after too many tries, wiped when done; carriers are asked in the order of `SMS_SERVICE`. Where a
country wants a sender of its own, `SMS_SENDERS` names it.

Who can make us send texts can make us pay for them (SMS pumping). So a text is withheld, and whoever asked
for it cannot tell, when its number is of no country or of one that `SMS_ALLOWED_COUNTRIES` does not name,
when it is no mobile one (premium-rate, shared-cost, fixed), and when a budget is used up: that of the number,
of the block of numbers around it, of its country, of the hour, of the day (`SMS_BUDGET_...`). The journal
tells of each (`id.sms.withheld`), the log as a security event, and `sms_withheld_total` counts by reason.
"""
