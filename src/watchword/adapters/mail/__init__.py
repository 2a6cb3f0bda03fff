"""Carriers of e-mail (the port is `kernel.ports.Mailer`).

smtp      to a relay, by TLS            console   to the terminal of a developer
mailbox   to the development mailbox    letter    how a message is written (RFC 5322), for all
"""
