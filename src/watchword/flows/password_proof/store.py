"""The statement of a password proof: an account, its password, and whether it knows the browser."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select

from watchword.plumbing.db.ports import Database, Executor
from watchword.plumbing.db.statements import statement
from watchword.records.guesses import store as guesses
from watchword.records.passwords.store import passwords
from watchword.records.sessions.store import is_new_device
from watchword.records.subscribers.store import users

_ITS_PASSWORD = passwords.c.user_id == users.c.id
_ITS_ADDRESS = users.c.email_key == bindparam("email_key")
_COUNTED = guesses.ENTER.core.cte("counted")  # type: ignore[attr-defined]


def _account(*more: ColumnElement[Any]) -> Select[Any]:
    return select(
        users.c.id,
        users.c.email,
        users.c.email_verified_at,
        users.c.given_name,
        users.c.family_name,
        users.c.name,
        users.c.role,
        users.c.language,
        users.c.language_by,
        users.c.status,
        passwords.c.hash,
        passwords.c.pepper_version,
        is_new_device(users.c.id).label("new_device"),
        *more,
    )


BY_EMAIL = statement(
    _account().select_from(users.outerjoin(passwords, _ITS_PASSWORD)).where(_ITS_ADDRESS)
)
BY_EMAIL_COUNTED = statement(
    _account(*_COUNTED.c).select_from(
        _COUNTED.outerjoin(users, _ITS_ADDRESS).outerjoin(passwords, _ITS_PASSWORD)
    )
)


async def by_email(db: Executor, email_key: str, user_agent: str) -> Any:
    """Return the account of an address and its hash, if any; `new_device`: seen by no such browser."""
    return await db.first(BY_EMAIL, email_key=email_key, user_agent=user_agent)


async def by_email_counted(
    db: Database, email_key: str, user_agent: str, entry: Mapping[str, Any]
) -> tuple[Any, Any]:
    """Return the account, and what counting a guess returned: at once, where queries may write."""
    if db.dialect == "sqlite":
        counted = await guesses.enter(db, entry)
        return await by_email(db, email_key, user_agent), counted
    row = await db.first(BY_EMAIL_COUNTED, email_key=email_key, user_agent=user_agent, **entry)
    return (row if row.id is not None else None), row
