"""The envelope: a row of the journal as a CloudEvent, in the JSON that every destination gets.

id    the row's own         subject    the account it is about, if it is about one
type  the fact's            source     the address of this service
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from watchword.plumbing.events.catalogue import CATALOGUE, Data

CONTENT_TYPE: Final = "application/cloudevents+json"
DATA_CONTENT_TYPE: Final = "application/json"
SPEC_VERSION: Final = "1.0"


class CloudEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as others read it."""

    specversion: str
    id: UUID
    source: str
    type: str
    subject: UUID | None = None
    time: datetime
    datacontenttype: str
    dataschema: str
    data: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedFact:
    """A row of the journal."""

    id: UUID
    at: datetime
    type: str
    user_id: UUID | None
    facts: Mapping[str, Any]


def cloud_event(noted: NotedFact, source: str) -> CloudEvent:
    """Return what others are told of a fact. ValueError: it is not public, or not of its shape."""
    public = CATALOGUE.get(noted.type)
    if public is None:
        raise ValueError(f"{noted.type} is not public")
    return CloudEvent(
        specversion=SPEC_VERSION,
        id=noted.id,
        source=source,
        type=public.type,
        subject=noted.user_id,
        time=noted.at,
        datacontenttype=DATA_CONTENT_TYPE,
        dataschema=public.schema,
        data=public.data(noted.user_id, noted.facts),
    )


def written(event: CloudEvent) -> bytes:
    """Return it as it travels."""
    return msgspec.json.encode(event)
