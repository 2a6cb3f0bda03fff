"""Twilio: what became of a text, as a form; a header carries an HMAC over the address and all fields.

The address is the one that we told Twilio, never one of the request's headers. A post has neither time
nor token: its receipt is the text's name with its state, and a state never goes backwards.
Source: https://www.twilio.com/docs/usage/security#validating-requests
"""

import hmac
from base64 import b64encode
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from watchword.kernel.feedback import Heard, NotGenuine, Outcome, Post, Report
from watchword.kernel.secret import Secret

_SIGNATURE: Final = "x-twilio-signature"
_MOST_FIELDS: Final = 200
_OUTCOMES: Final = {
    "delivered": Outcome.DELIVERY,
    "undelivered": Outcome.FAILURE,
    "failed": Outcome.FAILURE,
}


class TwilioReporter:
    """Reads Twilio's posts."""

    carrier = "twilio"

    def __init__(self, account: str, token: Secret) -> None:
        """Believe what is signed with the account's token."""
        self._account = account
        self._key = token.reveal().encode()

    async def read(self, post: Post, now: datetime) -> Heard:  # noqa: ARG002 - no time in it
        """Return what a genuine post says. Problem: `NotGenuine`."""
        fields = self._proven(post)
        outcome = _OUTCOMES.get(fields.get("MessageStatus", ""))
        name = fields.get("MessageSid", "")
        if outcome is None or not name:
            return Heard()
        receipt = f"text {name} {outcome}"
        report = Report(receipts=(receipt,), reference=name, address=None, outcome=outcome)
        return Heard(reports=[report])

    def _proven(self, post: Post) -> dict[str, str]:
        """Return the fields of a genuine post."""
        try:
            pairs = parse_qsl(
                post.body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS
            )
        except ValueError as error:
            raise NotGenuine("no form") from error
        proof = post.url + "".join(name + value for name, value in sorted(set(pairs)))
        expected = b64encode(hmac.digest(self._key, proof.encode("utf-8", "replace"), "sha1"))
        given = post.headers.get(_SIGNATURE, "").encode("utf-8", "replace")
        if not hmac.compare_digest(expected, given):
            raise NotGenuine("wrong signature")
        fields = dict(pairs)
        if fields.get("AccountSid") != self._account:
            raise NotGenuine("another account")
        return fields
