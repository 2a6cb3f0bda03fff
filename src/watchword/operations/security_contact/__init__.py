"""Security contact: where people report a weakness of this service (RFC 9116).

    GET /.well-known/security.txt   contact, canonical address, languages; good for ninety days

The contact is SECURITY_EMAIL, else the organisation's mailbox; with neither there is no such file.
Problem: `not_found`.
"""
