"""What a summary of an appointment says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from watchword.kernel.facts import Fact
from watchword.plumbing.contact import MAX_NAME, EmailAddress, email_address, person_name
from watchword.plumbing.faults import Faults
from watchword.plumbing.letters.addressing import greeted
from watchword.plumbing.shapes import Body
from watchword.plumbing.words.dates import in_words
from watchword.plumbing.words.languages import choose_language, chosen_language
from watchword.records.consents.rules import Standing
from watchword.records.deliveries.rules import Letter
from watchword.records.subscribers.rules import Subscriber

_LONG_AGO: Final = timedelta(days=366)
_FAR_AHEAD: Final = timedelta(days=5 * 366)


class SummaryRequest(Body, frozen=True):
    """An appointment, and the mailbox that gets its summary; `startsAt` with the offset of the place."""

    email: str
    practitioner: str
    starts_at: str
    name: str = ""
    place: str = ""
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What somebody is told, read and screened."""

    email: EmailAddress
    name: str
    practitioner: str
    place: str
    starts_at: datetime
    asked_language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryQueued(Fact):
    """A program asked for the summary of an appointment."""

    type: ClassVar[str] = "id.email.appointment_summary_queued"
    service: str


def read_summary(body: SummaryRequest, now: datetime) -> Summary:
    """Read what a program asks for. Problem: `invalid_input` with every fault at once."""
    faults = Faults()
    email = faults.read(email_address, body.email)
    practitioner = faults.read(person_name, body.practitioner, "practitioner") or ""
    if practitioner and not greeted(practitioner):
        faults.add("practitioner", "invalid_name", "Write a name alone.")
    place = faults.read(person_name, body.place, "place") if body.place else ""
    if place and not greeted(place, MAX_NAME):
        faults.add("place", "invalid_name", "Write a place alone, without an address to click on.")
    starts_at = _moment(body.starts_at)
    if starts_at is None or not now - _LONG_AGO <= starts_at <= now + _FAR_AHEAD:
        told = "Write a time of these years with its offset, such as 2026-11-23T10:30:00+01:00."
        faults.add("startsAt", "invalid_time", told)
    asked = None if body.lang is None else faults.read(chosen_language, body.lang, "lang")
    faults.refuse()
    assert email is not None
    assert starts_at is not None
    return Summary(
        email=email,
        name=body.name,
        practitioner=greeted(practitioner),
        place=greeted(place or "", MAX_NAME),
        starts_at=starts_at,
        asked_language=asked,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def asks_consent(said: Standing, *, required: bool) -> bool:
    """Tell whether a subscriber's consent decides: where they said something, or must have."""
    return required or said.since is not None


def letter(
    summary: Summary, reader: Subscriber | None, default_language: str, needs: str | None = None
) -> Letter:
    """Write to the mailbox, in its reader's language; `needs`: what its reader must have allowed."""
    language = choose_language(
        asked=summary.asked_language,
        preferred=reader.language if reader else None,
        default=default_language,
    )
    facts = {
        "name": summary.name,
        "practitioner": summary.practitioner,
        "at": in_words(summary.starts_at, language),
        "place": summary.place,
    }
    return Letter(
        template="appointment_summary/appointment_summary",
        to=summary.email.text,
        user_id=reader.id if reader else None,
        language=language,
        facts=facts,
        needs=needs,
    )
