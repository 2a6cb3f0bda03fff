"""Services: other programs that may call us, each with a token of its own.

A token is shown once, when the service is added; the table keeps a digest. Problem: `taken` when
the name exists. (People have sessions; services have these.)
"""
