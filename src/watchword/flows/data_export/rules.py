"""What an export looks like: its shapes, its schemas, and how records become JSON and CSV."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import msgspec

from watchword.kernel.facts import OWNER, Fact, by_another
from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import Kind, Problem
from watchword.kernel.times import hours
from watchword.plumbing.ports import Document
from watchword.plumbing.shapes import Answer, Body
from watchword.records.deliveries.rules import Letter
from watchword.records.exports.rules import Export, ExportSettings, State
from watchword.records.subscribers.rules import Subscriber

# Settings are read without SQLAlchemy, and so are the rules that hold them.
if TYPE_CHECKING:
    from watchword.plumbing.db.personal import Field, Told

VERSION: Final = 1
AT_ONCE: Final = 50_000
JSON, CSV, ZIP = "json", "csv", "zip"
MEDIA_TYPES: Final = {JSON: "application/json", CSV: "text/csv", ZIP: "application/zip"}
COLUMNS: Final = ("record", "row", "field", "value")
SOMEBODY: Final = "another account"
_ORIGIN: Final = ("address", "user_agent")

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_HEAD: Final = {
    "version": {"const": VERSION},
    "user_id": {"type": "string", "format": "uuid"},
    "exported_at": {"type": "string", "format": "date-time"},
}
_TYPES: Final[Mapping[str, dict[str, str]]] = {
    "moment": {"type": "string", "format": "date-time"},
    "id": {"type": "string", "format": "uuid"},
    "flag": {"type": "boolean"},
    "number": {"type": "integer"},
    "object": {"type": "object"},
    "text": {"type": "string"},
}
_FORMULA: Final = re.compile(r"[=@\t\r]|[+-](?![\d .()-]*$)")
_LATER_CELL: Final = re.compile(r"([;|\t\r\n][\s\"']*)(?=[=@+-])")
_DIVIDERS: Final = {
    ord(sign): f"\\u{ord(sign):04x}" for sign in ";|"
}  # in JSON they stand in strings alone


class ExportTooLarge(Problem):
    """This is too much to be written while you wait: ask for it to be prepared."""

    code = "export_too_large"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExported(Fact):
    """Somebody's data were given out; `by` is to whom."""

    type: ClassVar[str] = "gdpr.exported"
    form: str
    by: str = OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked(Fact):
    """Somebody wants to be given their data."""

    type: ClassVar[str] = "gdpr.export_asked"


class WantedForm(Body, frozen=True):
    """Which form the document has."""

    format: Literal["json", "csv"] = "json"


class TakeExport(Body, frozen=True):
    """The token of the link."""

    token: str


class ExportEntry(Answer, frozen=True):
    """One export: `done` of `total` records are written."""

    id: str
    state: State
    done: int
    total: int
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None


class ExportList(Answer, frozen=True):
    """The newest exports, the last one first."""

    exports: tuple[ExportEntry, ...]


def entry_of(export: Export, now: datetime) -> ExportEntry:
    """Tell how an export stands."""
    return ExportEntry(
        id=str(export.id),
        state=export.state(now),
        done=export.done,
        total=export.total,
        asked_at=export.asked_at,
        ready_at=export.ready_at,
        expires_at=export.expires_at,
    )


def ready_letter(owner: Subscriber, link: str, settings: ExportSettings) -> Letter:
    """Tell the owner that it is ready."""
    return Letter(
        template="data_export/export_ready",
        to=owner.email,
        language=owner.language,
        facts={"name": owner.given_name, "link": link, "hours": hours(settings.lifetime)},
    )


class JsonForm:
    """One JSON document, written piece by piece."""

    form = JSON

    def __init__(self, every: "Sequence[Told]") -> None:
        """Write these kinds of records, in this order."""
        self._every = [*every]
        self._open: Told | None = None
        self._empty = True

    def begin(self, user_id: SubscriberId, now: datetime) -> bytes:
        """Return the beginning."""
        head = {"version": VERSION, "user_id": str(user_id), "exported_at": now}
        return msgspec.json.encode(head)[:-1]

    def add(self, told: "Told", records: Sequence[Mapping[str, Any]]) -> bytes:
        """Return a page of records, and what had none before it."""
        parts = self._until(told)
        for record in records:
            parts.append(b"," if not self._empty and not told.single else b"")
            parts.append(msgspec.json.encode(record))
            self._empty = False
        return b"".join(parts)

    def end(self) -> bytes:
        """Return the end."""
        return b"".join([*self._until(None), b"}"])

    def _until(self, told: "Told | None") -> list[bytes]:
        """Close the kind that is open, write those that have nothing, open this one."""
        parts: list[bytes] = []
        if told is not None and self._open is told:
            return parts
        if self._open is not None:
            parts.append(b"" if self._open.single else b"]")
            self._open = None
        while self._every:
            each = self._every.pop(0)
            name = b',"' + each.name.encode() + b'":'
            if each is told:
                parts.append(name + (b"" if each.single else b"["))
                self._open, self._empty = each, True
                break
            parts.append(name + (b"null" if each.single else b"[]"))
        return parts


class CsvForm:
    """One table: a line for each field of each record."""

    form = CSV

    def __init__(self, every: "Sequence[Told]") -> None:
        """Count the records of each kind for themselves."""
        self._rows = dict.fromkeys((each.name for each in every), 0)

    def begin(self, user_id: SubscriberId, now: datetime) -> bytes:
        """Return the names of the columns, and the document's own lines."""
        head = {"version": VERSION, "user_id": user_id, "exported_at": now}
        return _lines([COLUMNS, *(("export", 1, name, _cell(head[name])) for name in head)])

    def add(self, told: "Told", records: Sequence[Mapping[str, Any]]) -> bytes:
        """Return a page of records."""
        lines: list[tuple[Any, ...]] = []
        for record in records:
            self._rows[told.name] += 1
            row = self._rows[told.name]
            lines += [(told.name, row, name, _cell(value)) for name, value in record.items()]
        return _lines(lines)

    def end(self) -> bytes:
        """Return nothing: a table just ends."""
        return b""


FORMS: Final[Mapping[str, type[JsonForm] | type[CsvForm]]] = {JSON: JsonForm, CSV: CsvForm}


def of_their_own(user_id: SubscriberId, record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without the id of whoever else had a hand in it, and without where they were."""
    facts = record.get("facts")
    if not isinstance(facts, dict) or not by_another(facts, user_id):
        return record
    nowhere: dict[str, Any] = {name: None for name in _ORIGIN if name in record}
    return {**record, **nowhere, "facts": {**facts, "by": SOMEBODY}}


def schema(every: "Iterable[Told]") -> dict[str, Any]:
    """Return the JSON Schema of the JSON document."""
    kinds = {each.name: _kind_of(each) for each in every}
    return {
        "$schema": _DIALECT,
        "$id": f"urn:watchword:export:{VERSION}",
        "title": "What this service knows of one subscriber",
        "type": "object",
        "properties": {**_HEAD, **kinds},
        "required": [*_HEAD, *kinds],
        "additionalProperties": False,
    }


def csv_schema(every: "Iterable[Told]") -> dict[str, Any]:
    """Return the schema of the CSV document (CSV on the Web)."""
    names = [each.name for each in every]
    notes = f"`record` is one of: export, {', '.join(names)}. A value that a spreadsheet would take"
    notes += (
        " for a formula is preceded by an apostrophe. Moments are UTC, as RFC 3339 writes them."
    )
    kinds = ("string", "integer", "string", "string")
    columns = [
        {"name": name, "titles": name, "datatype": kind, "required": name != "value"}
        for name, kind in zip(COLUMNS, kinds, strict=True)
    ]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": "export.csv",
        "dc:description": notes,
        "tableSchema": {"columns": columns, "primaryKey": ["record", "row", "field"]},
    }


def named(form: str, now: datetime, content: bytes) -> Document:
    """Name a document after the day."""
    return Document(
        name=f"export-{now:%Y-%m-%d}.{form}", media_type=MEDIA_TYPES[form], content=content
    )


def _kind_of(told: "Told") -> dict[str, Any]:
    record = {
        "type": "object",
        "properties": {each.name: _type_of(each) for each in told.shape},
        "required": [each.name for each in told.shape],
        "additionalProperties": False,
    }
    if told.single:
        return {"anyOf": [record, {"type": "null"}]}
    return {"type": "array", "items": record}


def _type_of(field: "Field") -> dict[str, Any]:
    known: dict[str, Any] = dict(_TYPES[field.kind])
    return {**known, "type": [known["type"], "null"]} if field.nullable else known


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode().translate(_DIVIDERS)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _harmless(text: str) -> str:
    """Write text so that no spreadsheet takes it for a formula, at whichever sign it divides lines."""
    text = _LATER_CELL.sub(r"\1'", text)
    return "'" + text if _FORMULA.match(text) else text


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
