"""What a file of users holds, line by line, and what is told of each."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import msgspec

from watchword.kernel.facts import Fact
from watchword.kernel.problems import FieldError, InputInvalid, Problem
from watchword.plumbing.contact import (
    EmailAddress,
    described,
    email_address,
    person_name,
    phone_number,
)
from watchword.plumbing.faults import Faults
from watchword.plumbing.shapes import Answer, Body, convert, each_once, json_of, of_form
from watchword.plumbing.words.languages import Spoken, chosen_language, learned
from watchword.records.passwords.rules import Stored
from watchword.records.subscribers.rules import USER, split_name

CSV: Final = "text/csv"
JSON_LINES: Final = "application/jsonl"
NDJSON: Final = "application/x-ndjson"
MOST_BYTES: Final = 1024 * 1024
MOST_LINES: Final = 5000
REST_UNREAD: Final = "rest_unread"
ROLES: Final = (USER, "vendor")
TAKEN: Final = "taken"
KNOWN: Final = "known"
REFUSED: Final = "refused"


class How(Body, frozen=True):
    """How a file is taken: `dry_run` says what would become of it, and writes nothing."""

    dry_run: bool = False


class Line(Body, frozen=True):
    """A line of the file: one person."""

    email: str
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    country: str | None = None
    language: str | None = None
    role: str | None = None
    email_verified: bool = False
    password_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A line as it was read, by its number in the file; or why it could not be."""

    number: int
    line: Line | None = None
    faults: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """An account to make."""

    email: EmailAddress
    given_name: str
    family_name: str
    phone: str | None
    speaks: Spoken
    role: str
    verified: bool
    stored: Stored | None


class LineFault(Answer, frozen=True):
    """What is wrong with a field of a line."""

    field: str
    code: str
    message: str


class Told(Answer, frozen=True):
    """What became of a line; `id`: of the account that was made."""

    line: int
    outcome: Literal["taken", "known", "refused"]
    id: str | None = None
    errors: list[LineFault] = msgspec.field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Tell whether the lines after it were read."""
        return not any(each.code == REST_UNREAD for each in self.errors)


class Imported(Answer, frozen=True):
    """What became of a file: how many lines of each kind, and each line in its order.

    `complete`: it was read to its end.
    """

    dry_run: bool
    complete: bool
    taken: int
    known: int
    refused: int
    lines: list[Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersImported(Fact):
    """A file of users was gone through; `complete`: to its end."""

    type: ClassVar[str] = "id.users.imported"
    by: str
    complete: bool
    taken: int
    known: int
    refused: int


def csv_lines(text: Iterable[str]) -> Iterator[Numbered]:
    """Read CSV, whose first line names the fields. Problem: `invalid_input` when that one is wrong."""
    rows = csv.reader(text, strict=True)
    names: list[str] = []
    while True:
        number = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:  # nobody knows where the next line begins
            told = f"{error}".capitalize() + ": nothing from this line on was read."
            yield Numbered(number=number, faults=(FieldError("", REST_UNREAD, told),))
            return
        if row is None:
            return
        if not names:
            names = _names([each.strip() for each in row])
        elif row and len(row) != len(names):
            told = f"There are {len(names)} names and {len(row)} values."
            yield Numbered(number=number, faults=(_malformed(told),))
        elif row:
            given = dict(zip(names, row, strict=True))
            yield _numbered(number, lambda given=given: of_form(given, Line))  # type: ignore[misc]


def json_lines(text: Iterable[str]) -> Iterator[Numbered]:
    """Read JSON, an object a line; empty lines are none."""
    for number, line in enumerate(text, start=1):
        if line.strip():
            yield _numbered(number, lambda line=line: convert(json_of(line.encode()), Line))  # type: ignore[misc]


def _names(names: list[str]) -> list[str]:
    """Read the first line of CSV: each name that we know, once. Problem: `invalid_input`."""
    if "email" not in names:  # it may be somebody's line, and nothing of that is repeated
        told = FieldError("email", "missing", "The first line names the fields, email among them.")
        raise InputInvalid(errors=[told])
    convert(each_once([(name, "0") for name in names]), Line, strict=False)
    return names


def _numbered(number: int, read: Callable[[], Line]) -> Numbered:
    try:
        return Numbered(number=number, line=read())
    except InputInvalid as problem:
        return Numbered(number=number, faults=tuple(problem.errors))
    except Problem as problem:
        return Numbered(number=number, faults=(_malformed(problem.detail),))


def _malformed(message: str) -> FieldError:
    return FieldError("", "malformed_line", message)


def read_line(
    line: Line, adopt: Callable[[str, str], Stored], *, country: str, language: str
) -> Newcomer:
    """Read a line; `country` and `language` hold where it says nothing. Problem: `invalid_input`."""
    faults = Faults()
    email = faults.read(email_address, line.email)
    phone = faults.read(phone_number, line.phone, line.country or country) if line.phone else None
    given, family = _read_names(line, faults)
    if line.language:
        faults.read(chosen_language, line.language)
    if line.role not in {None, *ROLES}:
        faults.add("role", "invalid", f"Choose one of: {', '.join(ROLES)}.")
    stored = faults.read(adopt, line.password_hash, "passwordHash") if line.password_hash else None
    if line.password_hash and not line.email_verified:
        message = "A password comes along only where emailVerified is true."
        faults.add("passwordHash", "mailbox_unproven", message)
    faults.refuse()
    assert email is not None
    there = line.country or (described(phone).country if phone else None)
    return Newcomer(
        email=email,
        given_name=given,
        family_name=family,
        phone=phone,
        speaks=learned(chosen=line.language, country=there, default=language),
        role=line.role or USER,
        verified=line.email_verified,
        stored=stored,
    )


def _read_names(line: Line, faults: Faults) -> tuple[str, str]:
    """Return the parts of a name; without any, what stands before the @."""
    given, family = line.first_name or "", line.last_name or ""
    if not (given or family):
        name = line.name or line.email.partition("@")[0]
        return split_name(faults.read(person_name, name, "name") or "")
    given = (faults.read(person_name, given, "firstName") or "") if given else ""
    family = (faults.read(person_name, family, "lastName") or "") if family else ""
    return given, family


def known(number: int) -> Told:
    """Tell that an address has an account."""
    return Told(line=number, outcome=KNOWN)


def refused(number: int, faults: Iterable[FieldError]) -> Told:
    """Tell why a line is refused."""
    errors = [LineFault(field=each.field, code=each.code, message=each.message) for each in faults]
    return Told(line=number, outcome=REFUSED, errors=errors)
