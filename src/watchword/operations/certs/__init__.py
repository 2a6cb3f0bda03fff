"""Certificates, from the console: a pair for tests, signed by nobody else; and a request for a real one.

    self-signed   host names and addresses -> private.key, certificate.csr, certificate.crt in a folder

The key is RSA of 2048 bits, for its owner alone; the certificate lives a year and names every host as a
subject alternative name, because browsers look at nothing else. An authority signs the request (CSR), or
an ACME client does without it (docs/operate/tls.md). Files that exist are never written over.
Source: RFC 5280; RFC 2986 (requests); CA/Browser Forum Baseline Requirements.
"""
