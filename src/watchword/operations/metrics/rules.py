"""Who may scrape."""

import hmac

from watchword.kernel.secret import Secret


def may_scrape(token: Secret, authorization: str) -> bool:
    """Tell whether metrics may be told to who sends this header; without a token, to anybody."""
    wanted = f"Bearer {token.reveal()}"
    return not token or hmac.compare_digest(wanted.encode(), authorization.encode())
