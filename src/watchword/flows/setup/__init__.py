"""Setup: the first administrator, made by a one-use link that the first start prints.

    offer    at a start without an active administrator  -> a link; an earlier one stops working
    peek     opening the link                            -> the form; nothing is spent
    create   token, names, address, password             -> an administrator, verified and signed in

Link: 256 bits, single use, thirty minutes, bound to this purpose. Of two who send the form at once
one wins. The link is dead as soon as there is an administrator, whichever way they came.
There is no default password anywhere.

Problems: `token_invalid`, `token_used`, `token_expired`, `email_taken`.
"""
