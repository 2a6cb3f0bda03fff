"""Texts, from the console: see whether a text arrives at a telephone, and look after those that wait.

    sms test    a text to a number, and what the carrier answered; exit 0 only when it was taken
    sms queue   list, show, retry, drop: when the next try is, at whom, why the last one failed

A number without its country's code belongs to DEFAULT_COUNTRY; a country that SMS_ALLOWED_COUNTRIES does not
name is refused before anybody is asked. Problem: `invalid_input` (no telephone number).
"""
