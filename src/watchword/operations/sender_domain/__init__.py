"""The sender's domain: the DNS records that let letters arrive, and whether they are there.

    dns records      operator  -> SPF, DKIM, DMARC, MX and CNAME for the providers in use, as a zone file
    dns check        operator  -> each record beside the live zone: ok, missing, wrong and why
    dns ses-policy   operator  -> the least that an AWS role needs to send as this domain

Each provider sends under a domain of its own (its return path), so that none can break another's SPF:

    sendgrid   em1234.<domain>, a CNAME that SendGrid keeps      DKIM: CNAMEs s1 and s2
    mailgun    mg.<domain>, with an SPF of its own               DKIM: a TXT key below it
    ses        bounce.<domain>, MX and SPF (custom MAIL FROM)    DKIM: three CNAMEs (Easy DKIM)
    smtp       the domain itself                                 DKIM: what the relay signs with

The domain's own SPF names every provider in use and the relay, or mail by the fallback would fail; its
look-ups are counted through everything it includes. DMARC goes in three phases: monitor, quarantine,
reject; what moves on is what reports say, not the calendar.

What only a provider's console knows is a setting or an option; without it a record shows a `<slot>`, and
the check says `unknown`. Exit 0 all well, 1 something is not, 69 no resolver answers.
Ledger: N-21, N-23, N-26, N-31 to N-36, D-47, D-56 to D-58.
Source: RFC 7208, 6376, 8301, 9989, 9990.
"""
