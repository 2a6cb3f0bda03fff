"""Consent: what one's data may be used for, given, withdrawn and renewed by its owner.

    texts         anyone: today's wording and version of each purpose, in three languages
    see           what holds for each purpose, since when, until when; every act, the newest first
    give          one purpose; the version of the text that was shown, when sent, must be today's
    withdraw      one purpose, by one call or one button: as easily as it was given
    renew         what is due, because a month is left or the text is newer than the consent
    unsubscribe   the link of a letter: opening it changes nothing; its button, or the one click of a mail
                  program (List-Unsubscribe-Post), ends marketing letters, without a sign-in
    ask           an operator writes to whom a renewal waits for (`watchword consents renew`), once a month
                  at most

    permission    a letter that `needs` a consent asks here when it leaves; without it, it is `suppressed`

What is so already is not written again: of many alike at once one act remains. The link's token holds the
account and a keyed digest for this one purpose; it does not expire, and one who forwards a letter forwards
it too, which ends letters and nothing else.

Problems: `invalid_input`, `conflict`, `token_invalid`.
Source: GDPR, articles 7 and 21; RFC 8058 (one-click unsubscribe); `records/consents` tells the acts.
"""
