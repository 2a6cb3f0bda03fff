"""Development messages: letters and texts that stay on this machine, as the development mailbox keeps them.

    keep     the carrier `mailbox` puts a letter here instead of sending it     keep_text   or a text
    newest   the last one with a code or a token, of anybody or of one mailbox: letters of one moment
             arrive in any order, and a welcome that comes late is not what is waited for
    page     the list, newest first          find   one of them

The id comes from the Message-ID, so a letter that is carried twice is kept once. Production has the
table and never a row in it: there the carrier does not exist.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Column, Index, Integer, Uuid, bindparam, func, or_, select
from sqlalchemy import Text as Words

from watchword.kernel.ids import parse
from watchword.kernel.messages import Message, Text
from watchword.plumbing.db.columns import Moment, tenant_table
from watchword.plumbing.db.personal import ADDRESS, DELETED, Personal, Untold
from watchword.plumbing.db.ports import Executor
from watchword.plumbing.db.statements import statement, upsertion

PAGE_SIZE: Final = 100
_CODE: Final = re.compile(r"\b[0-9]{6,10}\b")

dev_messages = tenant_table(
    "dev_messages",
    Column("id", Uuid, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("to", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("html", Words, nullable=False),
    Column("template", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("code", Words),
    Column("raw", Words, nullable=False),
    Index("idx_dev_messages_at", "at", "id"),
)

personal = Personal(
    dev_messages,
    owner=func.lower(dev_messages.c.to),
    by=ADDRESS,
    told=Untold("the development mailbox; production has no row in it"),
    erased=DELETED,
)

_NAMES = ("id", "at", "to", "subject", "text", "html", "template", "language", "code", "raw")
_TO = bindparam("recipient", type_=Words)

KEEP = upsertion(dev_messages, *_NAMES, key=["id"], values=lambda new: {"at": new.at})
_NEWEST_FIRST = select(*(dev_messages.c[name] for name in _NAMES)).order_by(
    dev_messages.c.at.desc(), dev_messages.c.id.desc()
)
_OF_WHOM = or_(_TO.is_(None), func.lower(dev_messages.c.to) == func.lower(_TO))
PAGE = statement(_NEWEST_FIRST.where(_OF_WHOM).limit(bindparam("size", type_=Integer)))
NEWEST = statement(
    _NEWEST_FIRST.where(
        _OF_WHOM, or_(dev_messages.c.code.is_not(None), dev_messages.c.text.contains("token="))
    ).limit(1)
)
FIND = statement(
    select(*(dev_messages.c[name] for name in _NAMES)).where(
        dev_messages.c.id == bindparam("which")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DevMessage:
    """A letter that was kept; `raw` is its source as it would have gone over the wire."""

    id: UUID
    at: datetime
    to: str
    subject: str
    text: str
    html: str
    template: str
    language: str
    code: str | None
    raw: str

    @property
    def kind(self) -> str:
        """Whether it is a letter or a text: `email` or `sms`."""
        return "sms" if self.to.startswith("+") else "email"

    @property
    def link(self) -> str | None:
        """The link that the letter wants clicked: one that carries a token, else the first."""
        links: list[str] = re.findall(r"https?://[^\s<>\"]+", self.text)
        return next((link for link in links if "token=" in link), links[0] if links else None)


async def keep(db: Executor, message: Message, raw: str, now: datetime) -> None:
    """Keep a letter; `raw` is the source that would have been sent."""
    await db.first(
        KEEP,
        id=_id_of(message.id),
        at=now,
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        template=message.template,
        language=message.language,
        code=message.code,
        raw=raw,
    )


async def keep_text(db: Executor, text: Text, now: datetime) -> None:
    """Keep a text; its code is the run of digits in it."""
    found = _CODE.search(text.body)
    await db.first(
        KEEP,
        id=_id_of(text.id),
        at=now,
        to=text.to,
        subject=text.body,
        text=text.body,
        html="",
        template=text.template,
        language=text.language,
        code=found[0] if found else None,
        raw=text.body,
    )


async def page(db: Executor, *, to: str | None = None, size: int = PAGE_SIZE) -> list[DevMessage]:
    """Return what was kept, newest first."""
    rows: list[Any] = await db.all(PAGE, recipient=to, size=size)
    return [DevMessage(**row._asdict()) for row in rows]


async def newest(db: Executor, *, to: str | None = None) -> DevMessage | None:
    """Return the last letter with a code or a token, of anybody or of one mailbox."""
    row: Any = await db.first(NEWEST, recipient=to)
    return None if row is None else DevMessage(**row._asdict())


async def find(db: Executor, message_id: UUID) -> DevMessage | None:
    """Return one letter."""
    row: Any = await db.first(FIND, which=message_id)
    return None if row is None else DevMessage(**row._asdict())


def _id_of(message_id: str) -> UUID:
    """Return the id that a Message-ID (`<id@domain>`) names, or one made of it."""
    return parse(message_id.strip("<>").partition("@")[0]) or uuid5(NAMESPACE_URL, message_id)
