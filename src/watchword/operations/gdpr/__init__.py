"""GDPR and retention: what an operator answers for, and what goes when its time is over.

    report       what kinds of data there are, why and on which basis, how long they stay, how many, and when
                 retention last ran
    export       all that is known of somebody who asked in writing, as JSON, CSV or both
    erase        somebody who asked in writing, now; the receipt's number is printed
    hold         an account stays as it is, because of a legal duty, until it is released
    tombstones   who was erased, by id: export them beside each backup, replay them after one was restored
    retention    at RETENTION_CRON, or on demand:
                   accounts     unused for RETENTION_ACCOUNT_YEARS; not administrators, nor what is held
                   navigation   where a fact came from, after RETENTION_NAVIGATION_MONTHS
                   consents     the acts on a purpose, RETENTION_CONSENT_YEARS after it was withdrawn

Each profile has its own years. Everything else has its own short end, which `watchword cleanup` brings.

Problems: `not_found`, `legal_hold`, `last_admin`, `invalid_input`.
Source: GDPR, articles 5, 17, 18 and 30; CNIL, 2020 guidelines on cookies (thirteen months).
"""
