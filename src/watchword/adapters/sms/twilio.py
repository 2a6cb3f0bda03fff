"""Twilio: `POST /2010-04-01/Accounts/<sid>/Messages.json` as a form, answered 201 with the text's `sid`.

The sender is a number, a name (alphanumeric sender id) or a messaging service (`MG...`), and may be
another one for each country, because many let only registered senders through.

The Messages resource has no key against doubles (`I-Twilio-Idempotency-Token` is what Twilio sends to our
webhook): a text that nobody can tell of may come twice, and is counted.

    a code of the number or the text     NotAccepted, lasting
    a code of our queue or service       NotAccepted: it is about us
    any other code, and 400 without one  NotAccepted, of the reader: many are about a country (whether it is
                                         permitted, whether it knows our sender), and whoever asks for a code
                                         chooses that; so they say nothing against Twilio
Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource;
https://www.twilio.com/docs/api/errors
"""

import re
from collections.abc import Mapping
from typing import Final

from watchword.adapters.providers import BAD, Provider, Reply
from watchword.kernel.messages import Text
from watchword.kernel.ports import NotAccepted
from watchword.kernel.secret import Secret

_NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")
_LONGEST: Final = 1600
_SERVICE: Final = re.compile(r"MG[0-9a-fA-F]{32}")
# No number, a short code, ourselves, opted out, no mobile, a landline; no text, too long.
_FOR_GOOD: Final = frozenset({21211, 21217, 21265, 21266, 21602, 21605, 21610, 21614, 21617, 21635})
# No sender, a full queue, a sender of another account; a messaging service that is not there or not fit.
_ABOUT_US: Final = frozenset({21603, 21611, 21660, 21701, 21703, 21704, 21705})
_REGIONS: Final = frozenset({21408, 21608, 21612})
_REFUSED: Final = frozenset({BAD, 403})


class TwilioTexter:
    """Carries texts to Twilio; `senders` are those of countries that have one of their own."""

    name = "twilio"

    def __init__(
        self,
        provider: Provider,
        account: str,
        token: Secret,
        sender: str,
        senders: Mapping[str, str] | None = None,
        callback: str = "",
    ) -> None:
        """Send for this account; what becomes of a text is told at `callback`."""
        self._provider = provider
        self._auth = (account, token.reveal())
        self._path = f"/2010-04-01/Accounts/{account}"
        self._sender = sender
        self._senders = senders or {}
        self._told = {"StatusCallback": callback} if callback else {}

    async def send(self, text: Text) -> str | None:
        """Hand the text over. Problems: `NotAccepted`, `Undelivered`."""
        if not _NUMBER.fullmatch(text.to):
            raise NotAccepted("not a telephone number (E.164)", lasting=True)
        if not 0 < len(text.body) <= _LONGEST:
            raise NotAccepted("a text of no length that Twilio takes", lasting=True)
        sender = self._senders.get(text.country, self._sender)
        by = "MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"
        form = {"To": text.to, by: sender, "Body": text.body, **self._told}
        reply = await self._provider.hand_over(
            f"{self._path}/Messages.json",
            key=text.id,
            lasting=_lasting,
            of_reader=_of_reader,
            data=form,
            auth=self._auth,
        )
        return reply.said("sid")

    async def check(self) -> str | None:
        """Return nothing when the account lets us in, else a short reason."""
        return await self._provider.trouble("GET", f"{self._path}.json", auth=self._auth)

    async def close(self) -> None:
        """Do nothing: the client is everybody's."""


def _lasting(reply: Reply) -> bool:
    return reply.status in _REFUSED and _code(reply) in _FOR_GOOD


def _of_reader(reply: Reply) -> bool:
    code = _code(reply)
    if reply.status == BAD:
        return code not in _ABOUT_US | _FOR_GOOD
    return reply.status in _REFUSED and code in _REGIONS


def _code(reply: Reply) -> int | None:
    """Return Twilio's code, be it a number or text."""
    told = str(reply.json.get("code", ""))
    return int(told) if re.fullmatch(r"[0-9]{5}", told, re.ASCII) else None
