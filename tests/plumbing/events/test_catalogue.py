"""The catalogue: every public type has a shape, and every fact of that type has the words for it."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import jsonschema
import msgspec
import pytest
from cloudevents.v1.http import from_json

from watchword.app import slices
from watchword.kernel.facts import Fact
from watchword.plumbing.db.journal import _plain
from watchword.plumbing.events.catalogue import CATALOGUE, Public
from watchword.plumbing.events.envelope import NotedFact, cloud_event, written
from watchword.plumbing.events.schemas import schema

LEDGER = {
    "id.account.locked",
    "id.account.unlocked",
    "id.consent.granted",
    "id.consent.renewed",
    "id.consent.withdrawn",
    "id.email.bounced",
    "id.email.complained",
    "id.email.dead_lettered",
    "id.login.failed",
    "id.password.changed",
    "id.password.reset.completed",
    "id.password.reset.requested",
    "id.session.created",
    "id.session.revoked",
    "id.token.reuse_detected",
    "id.user.email_verified",
    "id.user.erased",
    "id.user.phone_verified",
    "id.user.registered",
    "id.user.updated",
    "id.ussd.pin.reset.completed",
    "id.ussd.pin.reset.requested",
}
ID = UUID("019a0000-0000-7000-8000-00000000000a")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PRIVATE = re.compile(
    r"mail(?!s)|address|phone|secret|code|token|name|ip|agent|password|pin", re.IGNORECASE
)


def facts() -> list[type[Fact]]:
    """Return every public class of facts in the source, once."""
    list(slices.modules("rules"))
    found = {f"{kind.__module__}.{kind.__name__}": kind for kind in _below(Fact)}
    return [kind for kind in found.values() if kind.type in CATALOGUE]


def _below(above: type[Fact]) -> Iterator[type[Fact]]:
    for kind in above.__subclasses__():
        if kind.__module__.startswith("watchword.") and "type" in vars(kind):
            yield kind
        yield from _below(kind)


def a_word(kind: Any) -> Any:
    """Return some value of a type."""
    if get_origin(kind) in {Union, UnionType}:
        kind = get_args(kind)[0]
    return {int: 3, bool: True, UUID: ID}.get(kind, str(ID))


def some(kind: type[Fact]) -> Fact:
    """Return a fact of a class, every field filled."""
    hints = get_type_hints(kind)
    return kind(**{each.name: a_word(hints[each.name]) for each in dataclasses.fields(kind)})


def noted(fact: Fact) -> NotedFact:
    """Return it as the journal holds it."""
    kept = msgspec.json.decode(msgspec.json.encode(_plain(fact)))
    return NotedFact(id=ID, at=AT, type=fact.type, user_id=fact.user_id, facts=kept)


def test_the_catalogue_holds_the_types_of_the_ledger() -> None:
    assert set(CATALOGUE) == LEDGER


@pytest.mark.parametrize("kind", facts(), ids=lambda kind: kind.type)
def test_each_fact_is_an_event_of_its_schema(kind: type[Fact]) -> None:
    event = written(cloud_event(noted(some(kind)), "https://auth.example.test"))
    told = msgspec.json.decode(event)
    jsonschema.validate(
        told, schema(CATALOGUE[kind.type]), format_checker=jsonschema.FormatChecker()
    )
    assert (told["id"], told["subject"], told["time"]) == (str(ID), str(ID), "2026-03-01T12:00:00Z")
    assert told["data"]["user_id"] == str(ID)


def test_another_reader_of_cloud_events_reads_it() -> None:
    kind = next(each for each in facts() if each.type == "id.session.created")
    read = from_json(written(cloud_event(noted(some(kind)), "https://auth.example.test")))
    assert read["type"] == "id.session.created"
    assert read["source"] == "https://auth.example.test"
    assert read["dataschema"] == "urn:watchword:event:id.session.created:1"
    assert read.data["methods"] == [str(ID)]


def test_what_is_not_public_is_no_event() -> None:
    with pytest.raises(ValueError, match=r"otp\.generated is not public"):
        cloud_event(
            NotedFact(id=ID, at=AT, type="otp.generated", user_id=ID, facts={"purpose": "login"}),
            "",
        )


def test_a_fact_without_what_its_event_tells_is_refused_and_named() -> None:
    with pytest.raises(ValueError, match=r"id\.session\.created.*session_id"):
        cloud_event(NotedFact(id=ID, at=AT, type="id.session.created", user_id=ID, facts={}), "")


def test_what_the_catalogue_does_not_name_stays_with_us() -> None:
    told = CATALOGUE["id.user.email_verified"].data(ID, {"address": "203.0.113.7", "note": "x"})
    assert msgspec.to_builtins(told) == {"user_id": str(ID)}


def test_a_country_that_nobody_knows_is_null() -> None:
    reset = CATALOGUE["id.password.reset.completed"]
    told = [reset.data(ID, {"channel": "email", "country": each}) for each in ("", "DZ")]
    assert [msgspec.to_builtins(each)["country"] for each in told] == [None, "DZ"]


@pytest.mark.req("M-19", "M-20")
@pytest.mark.parametrize("public", CATALOGUE.values(), ids=lambda public: public.type)
def test_no_shape_has_room_for_a_secret_or_an_address(public: Public) -> None:
    names = set(public.shape.__struct_fields__)
    assert not {name for name in names if PRIVATE.search(name)}
    if public.type.endswith("reset.completed"):
        assert names == {"user_id", "channel", "country"}


@pytest.mark.parametrize("public", CATALOGUE.values(), ids=lambda public: public.type)
def test_each_schema_is_one(public: Public) -> None:
    told = schema(public)
    jsonschema.Draft202012Validator.check_schema(told)
    assert told["$id"].endswith(f":{public.version}")
