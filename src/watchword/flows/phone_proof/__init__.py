"""Phone proof: the telephone number of an account proves itself by a code that it is texted.

    begin     signed in            -> a code by text to the account's number
    finish    signed in, code      -> the guess is counted, the code compared, the number is proven; the
                                      mailbox is told, and from when on the number resets anything

The code is for this account and this number alone: whoever changes the number begins anew, and a code that a
number got for one account proves nothing for another. Accounts may share a number, but the one that proved
it last alone has it proven: networks give numbers to other people, and their texts go to whoever has the
SIM. The account that had it before is told, and neither signs in nor resets anything by it any more. Of two
that prove it at the same moment one is the last, and the other is told so. Whoever proves a number again that
is theirs begins no new delay. A new code makes the old one worthless; a
code bears as many guesses as any. A text that is withheld, because no text may go there
or a budget is used up (docs/flows/records/texts), is answered like one that leaves. Where nobody carries
texts, in production without an account at a carrier, these doors are not there.

Problems: `phone_missing`, `code_invalid`.
Source: NIST SP 800-63B-4, section 3.1.3.3 (the telephone network proves a number, not a person).
"""
