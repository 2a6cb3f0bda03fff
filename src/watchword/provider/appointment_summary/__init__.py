"""Appointment summary: another program asks that somebody gets a mail about an appointment.

    send   service token, Idempotency-Key, mailbox, practitioner, time -> 202; one letter

The letter tells the time at the clock of the place (the offset that was sent), the practitioner, and the
clinic with address, telephone and mailbox (CLINIC_NAME ...). Its language: `lang`, else the account's
for this mailbox, else the default; another `lang` than ours is refused. Whoever has an account here gets
none after withdrawing their consent to transactional letters, nor without that consent where consents
are asked for (CONSENT_REQUIRED): the letter is suppressed with the reason `no_consent`. The same key
with the same body is answered alike and sends nothing more for a day. SendGrid writes it by
SENDGRID_TEMPLATE_APPOINTMENT_SUMMARY, where that is given; the template gets the same facts, the
clinic's as `org.name`, `org.address`, `org.phone` and `org.email`.

Problems: `unauthenticated` (no service's token), `idempotency_key_missing`, `idempotency_key_reused`,
`invalid_input`. Ledger: N-101, N-102.
"""
