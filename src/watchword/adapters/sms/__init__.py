"""Carriers of texts to telephones (the port is `kernel.ports.Texter`).

twilio   by its REST API            console   to the terminal of a developer
mailbox  into the development mailbox, and to the terminal
"""
