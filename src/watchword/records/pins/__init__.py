"""PINs: the few digits by which somebody with a plain telephone proves who they are to a service.

    read      what was typed, as digits                -> `pin_malformed`
    screen    how easily it is guessed                 -> `pin_too_easy`
    hash      HMAC-SHA-256 under the pepper, then argon2id, bound to the subscriber; in the pool
    check     counted in its own commit, then compared -> right; wrong; wrong and locked; locked; busy
    replace   the new one; what was counted is forgotten

A PIN has `PIN_LENGTH` digits. Refused are a digit or a pair again and again, digits in a row, up or down, a
year that somebody may be born in, those that people take most, and what the own number holds. Of five digits
and more also what is mirrored, goes on by equal steps, counts, is a run but for one end or in both halves,
follows the lines of the keys, or is a date: one in fourteen of five digits, one in eight of six.

`MAX_PIN_ATTEMPTS` wrong ones lock the PIN, and nothing else of the account: for `PIN_LOCK_TIME_MS`, twice as
long each time anew, up to a day. The right one, or a new one, ends the count. A subscriber without a PIN
costs the same work.

As many tries as a PIN bears may be under way at once; one more is told to come again in a moment, and is no
failure. Of those that nobody settles (the process died) it is not known whether they were wrong: they count
as a lock that began with the last of them, and after `PIN_LOCK_TIME_MS` the count starts anew.
Source: NIST SP 800-63B-4, sections 3.1.1 and 3.2.2; DataGenetics, "PIN analysis" (2012), for what people take
most; Bonneau, Preibusch, Anderson, "A birthday present every eleven wallets?" (2012).
"""
