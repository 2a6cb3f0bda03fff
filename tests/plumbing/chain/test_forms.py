"""How a stretch of the chain and a checkpoint look outside: what is written there is read back as it was."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.secret import Peppers
from watchword.plumbing.chain.checkpoints import CHECKPOINT, anchors_in, is_genuine, line_of, sign
from watchword.plumbing.chain.links import Entry, Link, beginning, next_head
from watchword.plumbing.chain.stretches import packed, unpacked

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEPPERS = Peppers(current=1, keys={1: b"a pepper of these tests, long enough"})
FACTS = st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=20), st.integers(0, 9)))


def chained(told: list[tuple[dict[str, object], bytes | None]]) -> list[Link]:
    """Return a chain of rows that tell these facts and have these origins."""
    head, links = beginning(DEFAULT_TENANT), []
    for number, (facts, origin) in enumerate(told):
        entry = Entry(
            UUID(int=number),
            NOW + timedelta(seconds=number),
            "id.user.updated",
            None,
            facts,
            origin,
        )
        head = next_head(head, entry)
        links.append(Link(head.position, entry.id, entry, origin, head.digest))
    return links


@given(st.lists(st.tuples(FACTS, st.none() | st.binary(min_size=32, max_size=32)), min_size=1))
def test_a_stretch_is_unpacked_as_it_was_packed(
    told: list[tuple[dict[str, object], bytes | None]],
) -> None:
    links = chained(told)
    content = packed(DEFAULT_TENANT, beginning(DEFAULT_TENANT), links)
    assert [*unpacked(content)] == links
    assert packed(DEFAULT_TENANT, beginning(DEFAULT_TENANT), [*unpacked(content)]) == content


def test_an_object_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises((ValueError, OSError)):
        [*unpacked(b"not compressed")]


def test_a_checkpoint_comes_back_from_its_line_and_is_genuine() -> None:
    head = next_head(beginning(DEFAULT_TENANT), None)
    made = sign(7, head, DEFAULT_TENANT, NOW, PEPPERS)
    line = json.dumps({"message": CHECKPOINT, "level": "info", **line_of(made)}).encode()
    others = [
        b"{}",
        CHECKPOINT.encode(),
        json.dumps({"message": "x", "about": CHECKPOINT}).encode(),
    ]
    (read,) = anchors_in([*others, line])
    assert read == made
    assert is_genuine(read, DEFAULT_TENANT, PEPPERS)
