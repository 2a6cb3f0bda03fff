"""What providers post to our webhooks (the port is `kernel.ports.Reporter`).

mailgun    HMAC over time and token           sns        RSA over the fields; the certificate is fetched
sendgrid   ECDSA over time and body           ses        what SES says within a notice of SNS
twilio     HMAC over address and form      freshness  a post that is too old proves nothing

First whether a post is genuine, then what it says: nothing is read of what anybody may have written but
what the proof needs. Bodies are taken as they came; nothing is written anew to be compared.
"""
