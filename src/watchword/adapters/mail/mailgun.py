"""Mailgun: `POST /v3/<domain>/messages` as a form, answered 200 with the name it gives the letter.

The base address says the region: https://api.mailgun.net/v3, or https://api.eu.mailgun.net/v3 in Europe.
Clicks and opens are not tracked: a link that proves a mailbox is nobody else's. Whether the key is good
is told by a letter without content: a good one is told what is missing (400), and a key that may only
send is enough. A 400 in words of `to` is about the reader; one that
does not begin with a field of ours is in doubt, and says nothing against us. Mailgun documents no key against
doubles: the Message-ID is ours (`h:Message-Id`). Source: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

import re
from typing import Final

from watchword.adapters.mail.letter import guard
from watchword.adapters.providers import BAD, Provider, Reply
from watchword.kernel.messages import Message
from watchword.kernel.secret import Secret

_SOMETHING_IS_MISSING: Final = str(BAD)
_OURS: Final = re.compile(r"\W?(from|domain|h:\S+|o:\S+)\W? ", re.IGNORECASE)
_THE_READER: Final = re.compile(r"\W?to\W? parameter\b", re.IGNORECASE)


class MailgunMailer:
    """Carries letters to Mailgun."""

    name = "mailgun"

    def __init__(self, provider: Provider, key: Secret, domain: str) -> None:
        """Send from this domain by this key."""
        self._provider = provider
        self._auth = ("api", key.reveal())
        self._path = f"/{domain}/messages"

    async def send(self, message: Message) -> str | None:
        """Hand the message over. Problems: `NotAccepted`, `Undelivered`."""
        guarded = guard(message)
        form = {
            "from": str(guarded.sender),
            "to": str(guarded.recipient),
            "subject": message.subject,
            "text": message.text,
            **({"html": message.html} if message.html else {}),
            "o:tag": message.known_as,
            "o:tracking": "no",
            "v:message_id": message.id,
            "h:Message-Id": message.id,
            **({"h:Reply-To": str(guarded.reply_to)} if guarded.reply_to else {}),
            **{f"h:{name}": value for name, value in guarded.headers.items()},
        }
        reply = await self._provider.hand_over(
            self._path,
            key=message.id,
            lasting=_about_the_reader,
            of_reader=_in_doubt,
            data=form,
            auth=self._auth,
        )
        return reply.said("id")

    async def check(self) -> str | None:
        """Return nothing when the key is good, else a short reason."""
        told = await self._provider.trouble("POST", self._path, data={}, auth=self._auth)
        return None if told == _SOMETHING_IS_MISSING else told

    async def close(self) -> None:
        """Do nothing: the client is everybody's."""


def _about_the_reader(reply: Reply) -> bool:
    return reply.status == BAD and _THE_READER.match(reply.said("message") or "") is not None


def _in_doubt(reply: Reply) -> bool:
    said = reply.said("message") or ""
    return reply.status == BAD and not _about_the_reader(reply) and _OURS.match(said) is None
