"""The JSON Schema of each event: the whole envelope, as a reader gets it."""

from typing import Any, Final

import msgspec

from watchword.plumbing.events.catalogue import Public
from watchword.plumbing.events.envelope import DATA_CONTENT_TYPE, SPEC_VERSION

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema(public: Public) -> dict[str, Any]:
    """Return the schema of an event's whole JSON."""
    _, shapes = msgspec.json.schema_components([public.shape])
    return {
        "$schema": _DIALECT,
        "$id": public.schema,
        "title": public.type,
        "description": public.when,
        "type": "object",
        "required": [
            "specversion",
            "id",
            "source",
            "type",
            "time",
            "datacontenttype",
            "dataschema",
            "data",
        ],
        "properties": {
            "specversion": {"const": SPEC_VERSION},
            "id": _text("The event: the same however often it is sent.", "uuid"),
            "source": _text("The address of the service that tells it.", "uri"),
            "type": {"const": public.type},
            "subject": _text("The account that it is about; missing where there is none.", "uuid"),
            "time": _text("When it happened.", "date-time"),
            "datacontenttype": {"const": DATA_CONTENT_TYPE},
            "dataschema": {"const": public.schema},
            "data": shapes[public.shape.__name__],
        },
    }


def _text(meaning: str, form: str) -> dict[str, str]:
    return {"type": "string", "format": form, "description": meaning}
