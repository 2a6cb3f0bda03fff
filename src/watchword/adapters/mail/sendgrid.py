"""SendGrid: `POST /v3/mail/send`, answered 202 with the name it gives the letter.

A letter leaves as we wrote it, unless SendGrid keeps a dynamic template for its kind: then the letter's
facts go there instead. Clicks and opens are not tracked: a link that proves a mailbox is nobody else's.
SendGrid documents no key against doubles: the Message-ID is ours, and its events tell it as `message_id`.

    400 whose `errors` name the reader's field alone   NotAccepted, lasting
    400 about the sender, a template, the content      NotAccepted: another may take it
    400 that names no field, or the reader's, too      NotAccepted, of the reader: it says nothing against us
Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from watchword.adapters.mail.letter import Mailbox, guard
from watchword.adapters.providers import BAD, Provider, Reply
from watchword.kernel.messages import Message
from watchword.kernel.ports import Quota, Unfit
from watchword.kernel.secret import Secret

_UNTRACKED = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
}
_THE_READER: Final = re.compile(r"personalizations(\.[0-9]+)?\.to(\..*)?")


class SendgridMailer:
    """Carries letters to SendGrid; `templates` are ids by the names of kinds of letters."""

    name = "sendgrid"

    def __init__(self, provider: Provider, key: Secret, templates: Mapping[str, str]) -> None:
        """Send by this key."""
        self._provider = provider
        self._headers = {"Authorization": f"Bearer {key.reveal()}"}
        self._templates = templates

    async def send(self, message: Message) -> str | None:
        """Hand the message over. Problems: `NotAccepted`, `Undelivered`."""
        letter = self._letter(message)
        reply = await self._provider.hand_over(
            "/v3/mail/send",
            key=message.id,
            lasting=_about_the_reader,
            of_reader=_in_doubt,
            json=letter,
            headers=self._headers,
        )
        return reply.headers.get("x-message-id")

    async def check(self) -> str | None:
        """Return nothing when the key is good for sending, else a short reason."""
        return await self._provider.trouble(
            "GET", "/v3/scopes", lacks=_may_not_send, headers=self._headers
        )

    async def quota(self) -> Quota | None:
        """Return how many letters of the plan's share are used; nothing when the key may not know."""
        reply = await self._provider.ask("GET", "/v3/user/credits", headers=self._headers)
        used, most = reply.json.get("used"), reply.json.get("total")
        if not (reply.good and isinstance(used, int) and isinstance(most, int)):
            return None
        return Quota(used=used, most=most)

    async def close(self) -> None:
        """Do nothing: the client is everybody's."""

    def _letter(self, message: Message) -> dict[str, Any]:
        guarded = guard(message)
        if not guarded.recipient.spec.isascii():
            raise Unfit("SendGrid takes no address outside ASCII")
        to: dict[str, Any] = {"to": [_mailbox(guarded.recipient)], "subject": message.subject}
        letter: dict[str, Any] = {
            "personalizations": [to],
            "from": _mailbox(guarded.sender),
            "subject": message.subject,
            "headers": {"Message-ID": message.id, **guarded.headers},
            "custom_args": {"message_id": message.id},
            "categories": [message.known_as],
            "tracking_settings": _UNTRACKED,
        }
        if guarded.reply_to:
            letter["reply_to"] = _mailbox(guarded.reply_to)
        template = self._templates.get(message.known_as)
        if template:
            told = {"subject": message.subject, "language": message.language}
            to["dynamic_template_data"] = {**message.facts, **told}
            return {**letter, "template_id": template}
        parts = (("text/plain", message.text), ("text/html", message.html))
        content = [{"type": kind, "value": text} for kind, text in parts if text]
        return {**letter, "content": content}


def _about_the_reader(reply: Reply) -> bool:
    fields = _fields(reply)
    return reply.status == BAD and bool(fields) and all(map(_THE_READER.fullmatch, fields))


def _in_doubt(reply: Reply) -> bool:
    if reply.status != BAD or _about_the_reader(reply):
        return False
    fields = _fields(reply)
    return not all(fields) or any(each.startswith("personalizations") for each in fields)


def _fields(reply: Reply) -> list[str]:
    """Return the field that each fault is about; empty where it names none."""
    errors = reply.json.get("errors")
    faults = errors if isinstance(errors, list) and errors else [{}]
    named = (each.get("field") if isinstance(each, dict) else None for each in faults)
    return [each if isinstance(each, str) else "" for each in named]


def _may_not_send(reply: Reply) -> str | None:
    scopes = reply.json.get("scopes")
    lacking = isinstance(scopes, list) and "mail.send" not in scopes
    return "the key may not send: it lacks mail.send" if lacking else None


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    named = {"name": mailbox.name} if mailbox.name else {}
    return {"email": mailbox.spec, **named}
