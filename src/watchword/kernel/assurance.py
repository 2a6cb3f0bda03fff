"""How sure we are of somebody: authentication methods (RFC 8176) and assurance levels.

AAL as in NIST SP 800-63B-4: one factor is AAL1, two different ones AAL2. An e-mailed code proves a
mailbox; SP 800-63B does not count it as an authenticator, so it never lifts anybody above AAL1.
"""

from datetime import datetime, timedelta

PASSWORD = "pwd"  # noqa: S105 - the method's registered name
EMAIL_CODE = "otp"
FEDERATED = "fed"  # another provider vouched; RFC 8176 has no name for it

FRESH_FOR = timedelta(minutes=15)


def level(methods: tuple[str, ...]) -> int:
    """Return the assurance level that these methods reach."""
    return 1 if methods else 0


def fresh(authenticated_at: datetime, now: datetime) -> bool:
    """Tell whether a sign-in is recent enough for what is dangerous."""
    return now - authenticated_at <= FRESH_FOR
