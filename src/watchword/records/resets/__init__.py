"""Resets: the ledger of who asked for a new password or PIN, by which way, and what came of it.

    requested -> verified -> completed
        │            └─────> expired      too late, or asked for anew
        ├──────────────────> completed    a link proves and completes in one step
        ├──────────────────> expired
        └──────────────────> blocked      too many wrong codes, or the number changed too lately

One account has at most one reset of a kind under way by each channel (`email`, `sms`, `ussd`). A request for
nobody's address is in it too, without an account. A row tells country and channel, no address and no number.
The journal has a fact for each step, of each kind: `id.password.reset.*`, `id.ussd.pin.reset.*`.

Table: `molam_reset_requests`. Source: NIST SP 800-63B-4, section 4.2.
"""
