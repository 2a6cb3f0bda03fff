"""Delivery feedback: carriers tell by webhooks what became of letters and texts they took.

    POST /api/webhooks/mailgun/{bounce,complaint,delivery}    signed over time and token (HMAC)
    POST /api/webhooks/sendgrid                               signed over time and body (ECDSA)
    POST /api/webhooks/ses                                    by way of SNS, signed over its fields (RSA)
    POST /api/webhooks/twilio                                 signed over address and form (HMAC)

A door is there only when its provider's key is given: `MAILGUN_WEBHOOK_SIGNING_KEY`,
`SENDGRID_WEBHOOK_PUBLIC_KEY`, `SES_SNS_TOPICS`, `TWILIO_TOKEN`. What is not signed, forged, or older than
`WEBHOOK_MAX_AGE_SECONDS` is refused with 401 and changes nothing. What comes again, also at the same
moment, is answered 200 and changes nothing either: each event leaves a receipt, in the transaction that
acts on it. Where a signature does not cover the event (Mailgun), the first post that shows one spends it,
whatever it says. A misshapen event of several is left out, logged and counted; the others are acted on.

    delivered            noted                 complaint      noted; the address is suppressed
    bounced for good     noted; the address    bounced for    noted; with the third within a week the
                         is suppressed         now            address is suppressed

An address is suppressed though the letter is unknown here: the provider knows it bounced, and will take
no more for it. Letters to a suppressed address are withheld when they should leave, never when somebody
asks for them, so that no answer tells. Problems: `webhook_refused`, `malformed_body`, `body_too_large`.
Ledger: N-25, N-27, N-29, N-30, D-59.
"""
