"""Statistics, from the console: how many accounts, sessions and codes there are, and what waits.

    stats       accounts by status, sessions that live, codes that can still be used,
                letters and texts that wait, connections of this process and at most
    otp stats   codes by purpose: active, expired, failed (all guesses borne), used
    otp stats --by country,channel
                codes asked for and tried lately, as the journal has them, with the share that failed;
                the channel `ussd` is the menu, whether its code went by text or by mail

Numbers alone: no code, no address.
"""
