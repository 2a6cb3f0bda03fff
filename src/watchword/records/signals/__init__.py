"""Signals: what looks like an attack, told to a risk engine, and never more than told.

    raise    within one transaction: unless the same was told of the same subject lately, a piece of work
             in the outbox, a fact in the journal and the moment; two workers that saw it tell it once
    carry    the worker: a signed POST, two seconds at most, tried again for hours, then dead

    otp_anomaly                 too large a share of the codes tried were wrong
    brute_force_attempt         too many failures from one network
    suspicious_reset_pattern    resets of many accounts from one network, of one account many times, or
                                by a country that the account never had

No request waits for any of it, and nobody is refused because of it. The receiver gets a JSON object with
an id that stays the same however often it is tried; the signature is that of Standard Webhooks. Where
its name leads is judged for each post (`adapters/guarded`). What the body tells is in docs/operate/risk.md.

Settings: `SIRA_ENABLED`, `SIRA_WEBHOOK_URL`, `SIRA_WEBHOOK_SECRET` ... Source: Standard Webhooks 1.0; OWASP
Server-Side Request Forgery Prevention. What is a signal: docs/flows/risk.md.
"""
