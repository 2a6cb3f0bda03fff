"""docs/reference/events.md, and the JSON Schema of each event beside it."""

import json
from collections.abc import Iterator

from tools.pages import page, table
from watchword.plumbing.events.catalogue import CATALOGUE, Public
from watchword.plumbing.events.envelope import CONTENT_TYPE
from watchword.plumbing.events.schemas import schema

_FOLDER = "reference/events"
_LEAD = f"""Other programs learn what happened from events: CloudEvents 1.0 in JSON
(`{CONTENT_TYPE}`), each sent at least once, in the order of its account. How to switch them on, and what
a reader must do, is told in [Events](../operate/events.md).

An event holds ids and plain words, never a secret, a code, an address or a telephone number. Its `id` is
the same however often it is sent; `subject` is the account it is about. `dataschema` names the schema
and its version: a field may be added to a version, any other change makes a new one."""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the reference and the schemas."""
    parts = [_event(public) for public in CATALOGUE.values()]
    yield "reference/events.md", page("Events", _LEAD, *parts)
    for public in CATALOGUE.values():
        text = json.dumps(schema(public), indent=1, ensure_ascii=False)
        yield f"{_FOLDER}/{_file(public)}", text + "\n"


def _event(public: Public) -> str:
    told = schema(public)["properties"]["data"]
    rows = [
        (f"`{name}`", _kind(each), each["description"]) for name, each in told["properties"].items()
    ]
    name = f"[version {public.version}](events/{_file(public)})"
    return "\n\n".join(
        [
            f"## `{public.type}`",
            f"{public.when} Schema: {name}.",
            table(("data", "type", "meaning"), rows),
        ]
    )


def _kind(told: dict[str, object]) -> str:
    """Return a type in a word or two."""
    several = told.get("anyOf")
    kinds = several if isinstance(several, list) else [told]
    return " or ".join(str(each.get("format") or each["type"]) for each in kinds)


def _file(public: Public) -> str:
    return f"{public.type}.{public.version}.json"
