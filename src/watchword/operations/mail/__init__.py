"""Mail, from the console: see whether letters arrive, and what became of those that did not.

    email test     a letter to an address, by the carriers in their order or by one of them
    email status   each carrier, whether it would take a letter, how many it still takes, what share of
                   the last week's bounced or was complained of; how much waits, how much is dead
    email probe    each carrier, whether it would take a letter, and how long it took to say so
    email queue    list what waits and what is dead; retry it now; drop it for good
    email suppressions   list the addresses that letters are kept from; add some, remove some

    email templates      every letter with its facts, and the languages that the operator has words for
    email render         a letter as it would leave, with the facts of its sample
    email check-letters  what is wrong with the operator's words (LETTERS_DIR), by file and line

A test letter does not wait in the queue: what each carrier answered is told at once, and the exit code is
0 only when one took it. A letter in the queue is told by its id, kind and times: whom it is for is sealed.
Problem: `invalid_input` (an address, a carrier that is not configured).
"""
