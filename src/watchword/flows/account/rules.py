"""What can be changed of a profile, and what is told of an account and its sessions."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from watchword.kernel.ids import SessionId
from watchword.kernel.ports import Caller
from watchword.plumbing.contact import described, person_name, phone_number
from watchword.plumbing.faults import Faults
from watchword.plumbing.shapes import Answer, Body
from watchword.plumbing.words.languages import GUESSED, Spoken, chosen_language, learned
from watchword.records.sessions.rules import TOKEN, Session, device_name
from watchword.records.subscribers.rules import Subscriber, full_name, split_name

PREFERENCES_FOR: Final = timedelta(days=365)


class ProfilePatch(Body, frozen=True):
    """What to change; what is not sent stays. `null` removes the number, or unchooses the language."""

    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    phone: str | UnsetType | None = UNSET
    country: str | None = None
    language: str | UnsetType | None = UNSET
    version: int | None = None


class SessionEntry(Answer, frozen=True):
    """One session of the subscriber; `place` is the address it was opened from."""

    id: str
    current: bool
    device: str
    transport: str
    amr: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    place: str | None = None


class SessionList(Answer, frozen=True):
    """Where the account is signed in, the last used first."""

    sessions: tuple[SessionEntry, ...]


def revised(
    found: Subscriber, patch: ProfilePatch, country: str, heard: str | None, default: str
) -> Subscriber:
    """Return the subscriber as the patch wants them; `heard`: the language of this visit, if it has one.

    Problem: `invalid_input`, every fault at once.
    """
    faults = Faults()
    given, family = _names(found, patch, faults)
    phone, chosen = found.phone, ""
    if patch.phone is None or patch.phone == "":
        phone = None
    elif patch.phone is not UNSET:
        phone = faults.read(phone_number, patch.phone, patch.country or country)
    if patch.language is not UNSET and patch.language is not None:
        chosen = faults.read(chosen_language, patch.language) or ""
    faults.refuse()
    proven = found.phone_verified_at if phone == found.phone else None
    speaks = Spoken(found.language, found.language_by)
    moved = found.language_by == GUESSED and phone != found.phone
    if patch.language is not UNSET or moved:
        there = described(phone).country if phone else None
        speaks = learned(chosen=chosen, heard=heard, country=there, default=default)
    return replace(
        found,
        given_name=given,
        family_name=family,
        name=full_name(given, family),
        phone=phone,
        phone_verified_at=proven,
        language=speaks.language,
        language_by=speaks.by,
    )


def _names(found: Subscriber, patch: ProfilePatch, faults: Faults) -> tuple[str, str]:
    """Read the pair of names, or the one name that stands for both."""
    given, family = found.given_name, found.family_name
    if patch.name is not UNSET and patch.first_name is UNSET and patch.last_name is UNSET:
        return split_name(faults.read(person_name, patch.name, "name") or "")
    if patch.first_name is not UNSET:
        given = faults.read(person_name, patch.first_name, "firstName") or ""
    if patch.last_name is not UNSET:
        text = patch.last_name
        family = (faults.read(person_name, text, "lastName") or "") if text.strip() else ""
    return given, family


_TOLD = ("given_name", "family_name", "phone", "language")
_MEANT = {"language": ("language", "language_by")}


def changed_fields(before: Subscriber, after: Subscriber) -> str:
    """Return the names of the fields that differ."""
    return " ".join(
        name
        for name in _TOLD
        if any(getattr(before, each) != getattr(after, each) for each in _MEANT.get(name, (name,)))
    )


def entry_of(session: Session, current: SessionId) -> SessionEntry:
    """Tell the subscriber of one session."""
    return SessionEntry(
        id=str(session.id),
        current=session.id == current,
        device=device_name(session.user_agent),
        transport=session.transport,
        amr=session.methods,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
        place=session.address or None,
    )


def kind_of(entry: SessionEntry) -> str:
    """Return the word of the session's sign: `browser` or `api`."""
    return "api" if entry.transport == TOKEN else "browser"


def read_copy(copy: bytes | None, caller: Caller) -> Subscriber | None:
    """Return the account of a cache's copy, if it is the caller's as the session check saw it just now."""
    if copy is None:
        return None
    try:
        found = msgspec.json.decode(copy, type=Subscriber)
    except (msgspec.DecodeError, ValueError):
        return None
    same = (found.id, found.version, found.language, found.language_by) == (
        caller.user_id,
        caller.version,
        caller.language,
        caller.language_by,
    )
    return found if same else None
