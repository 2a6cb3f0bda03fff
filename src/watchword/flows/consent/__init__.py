"""Consent: the letter that asks to renew a permission before it ends.

    consent_renewal   purpose and last day, with a link to renew; bulk, so it says how not to get it any more:
                      `List-Unsubscribe` and `List-Unsubscribe-Post`, and the same link at its foot

The letter stands here before its flow does. Source: RFC 8058, RFC 2369.
"""
