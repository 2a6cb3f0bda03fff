"""Consents: what each subscriber allowed, as acts that are only ever added.

    act        granted, withdrawn, renewed, or asked (we asked to renew); purpose, version and language of
               the text, time, address, channel; numbered for each subscriber
    standing   what holds now, told from the latest act of a purpose

    purposes   processing (data, for the account)   marketing   transactional (letters on bookings)

Nothing is consented to by silence. A consent lasts CONSENT_MAX_AGE; it is to be renewed from a month before
its end, or as soon as its text has a newer version. The acts outlive the account: they prove what was
allowed when, and so refer to nobody's row. The database itself refuses to change or delete one, whoever
asks; only what was typed for an account whose mailbox nobody proved goes with that account. Acts of one
subscriber are written while that row is held, so that of many alike at once one counts.

Source: GDPR, articles 4(11), 7 and 21; EDPB Guidelines 05/2020 on consent.
"""
