"""TLS faults: what to mend when PostgreSQL and we do not agree on TLS. No waiting mends it, so nobody waits.

the server refuses TLS     its certificate does not verify     it asks for TLS and we offered none
"""

import ssl

_NO_TLS_THERE = "rejected SSL upgrade"  # asyncpg's words; it has no type for it
_TLS_WANTED = ("no encryption", "SSL off")  # PostgreSQL's, where pg_hba.conf has `hostssl` alone

_REFUSED = (
    "PostgreSQL refuses TLS: turn it on there (ssl = on), or ask for none where the way to it is safe"
    " (DB_SSL=false, and no sslmode in DATABASE_URL beyond prefer)"
)
_UNVERIFIED = (
    "PostgreSQL's certificate does not verify ({}): name who signed it in DB_SSL_CA_PATH (sslrootcert in"
    " DATABASE_URL), and the host as the certificate does; DB_SSL and sslmode=verify-full both ask for this"
)
_FAILED = "TLS to PostgreSQL fails ({}): see DB_SSL and DB_SSL_*_PATH, or sslmode in DATABASE_URL"
_WANTED = (
    "PostgreSQL takes nobody without TLS: say DB_SSL=true, or sslmode=verify-full in DATABASE_URL"
)


def tls_fault(error: BaseException | None) -> str | None:
    """Return what to mend when connecting failed for want of TLS; nothing when it was something else."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _UNVERIFIED.format(error.verify_message)
    if isinstance(error, ssl.SSLError):
        return _FAILED.format(error.reason or error)
    if isinstance(error, ConnectionError) and _NO_TLS_THERE in str(error):
        return _REFUSED
    if error is not None and any(words in str(error) for words in _TLS_WANTED):
        return _WANTED
    return None
