"""Erasure: an account and all that is known of its owner go, when its owner says so.

    ask       signed in within fifteen minutes
                    -> closed at once: every session and every ticket ends, nobody can sign in; a receipt,
                       and a letter with a link that undoes it, for ERASURE_GRACE_DAYS. The undo link of a
                       change of address outlives it, and undoes both: whoever moved an account to their
                       own mailbox cannot have it erased against its first owner
    undo      the link, until then
                    -> the account is open as before, unless an administrator locked or disabled
                       it meanwhile
    erase     a worker, when that time is over; or an operator (`watchword gdpr erase`)
                    -> every table does what it says of itself (`plumbing/db/personal`); letters and texts on
                       their way are found and wiped; consents end; a last letter brings the receipt's number
    replay    after an older backup was restored: the tombstones of `watchword gdpr tombstones export` are
              erased anew

What stays is a stub without a name or an address, which facts, receipt and consents point at: the law wants
it known that somebody consented, and what was done, not who it was. An account under a legal hold
(`watchword gdpr hold`) is closed, and erased when the hold is lifted.

What others were told stays with them: whoever gets events is told of the erasure (`id.user.erased`). Lines
of the log are the operator's to keep and to delete.

Problems: `fresh_sign_in_required`, `last_admin`, `token_invalid|used|expired`, `legal_hold`.
Source: GDPR, articles 17 and 19; ISO/IEC 27555 (deletion of personal data).
"""
