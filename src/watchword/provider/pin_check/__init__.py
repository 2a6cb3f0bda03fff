"""PIN check: a service sets the PIN of a subscriber, and asks whether one that was typed is right.

    set     service token; whom, PIN, the present one if there is one -> the PIN holds
    check   service token; whom, PIN -> the try is counted, the PIN compared   -> whose it is

The service stands between the person and us: the gateway of a mobile network, a wallet. It names the person
by `userId`, or by a telephone number that is proven to be theirs, in any spelling with its `country`. A first
PIN is set without another; once there is one, the present one is asked for, and a wrong one counts as at
`check`. Who has forgotten it chooses another (docs/flows/pin_reset). What a PIN is, how it is kept and when
it is locked, tells docs/flows/records/pins; a lock of the PIN is no lock of the account, nor the reverse. To
a number that is nobody's every PIN is wrong, after the same work.

Problems: `pin_invalid`, `pin_locked`, `rate_limited`, `not_found` (set alone), `account_locked`,
`account_disabled`, `email_not_verified`, `invalid_input`, `overloaded`.
"""
