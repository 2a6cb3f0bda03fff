"""Carriers of e-mail (the port is `kernel.ports.Mailer`).

smtp       to a relay, by TLS            console   to the terminal of a developer
sendgrid   by its API                    mailbox   to the development mailbox
ses        by its API, signed            letter    how a message is written (RFC 5322), for all
mailgun    by its API                    refusals  whom a relay's 5xx is about
dkim       our signature, for a relay   lines     the connections to a relay, kept and shared
           that signs nothing            turns     who may take one next: the urgent first
"""
