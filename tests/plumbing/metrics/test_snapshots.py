"""Snapshots: what several processes counted comes to together, and is told as Prometheus reads it."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.exposed import read
from watchword.plumbing.metrics.snapshots import (
    BUCKETS,
    Joined,
    Series,
    Snapshot,
    described,
    exposition,
    pack,
    total,
    unpack,
)

amounts = st.integers(0, 2**40).map(float)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029"), max_size=20)
counts = st.lists(amounts, min_size=len(BUCKETS) + 2, max_size=len(BUCKETS) + 2)
requests = st.dictionaries(
    st.tuples(st.sampled_from(["GET", "POST"]), texts, st.sampled_from([200, 404])),
    counts,
    max_size=5,
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Draw a snapshot."""
    by_route = draw(st.dictionaries(texts, amounts, max_size=4))
    hits = [("hits_total", (("route", route),), value) for route, value in by_route.items()]
    return Snapshot(
        list(draw(requests).items()),
        [
            Series("hits_total", "counter", "Hits.", Joined.ADDED, hits),
            Series("open", "gauge", "Open.", Joined.PRESENT, [("open", (), draw(amounts))]),
        ],
    )


def by_label(snapshot: Snapshot) -> dict[str, float]:
    """Return the hits by route."""
    [hits] = [each for each in snapshot.series if each.name == "hits_total"]
    return {dict(labels)["route"]: value for _, labels, value in hits.samples}


@given(st.lists(snapshots(), min_size=1, max_size=4))
def test_a_total_is_the_sum_of_its_parts(parts: list[Snapshot]) -> None:
    together = total(parts)

    routes = {route for part in parts for route in by_label(part)}
    sums = {route: sum(by_label(part).get(route, 0) for part in parts) for route in routes}
    assert by_label(together) == sums
    seen = {key for part in parts for key, _ in part.requests}
    assert dict(together.requests).keys() == seen
    for key, summed in together.requests:
        each = [dict(part.requests)[key] for part in parts if key in dict(part.requests)]
        assert summed == [sum(column) for column in zip(*each, strict=True)]


@given(snapshots())
def test_what_is_packed_comes_out_as_it_went_in(snapshot: Snapshot) -> None:
    assert unpack(pack(snapshot)) == snapshot


@given(snapshots())
def test_prometheus_reads_what_is_told_whatever_a_label_says(snapshot: Snapshot) -> None:
    exposed = read(exposition(described(snapshot)).decode())

    for route, value in by_label(snapshot).items():
        assert exposed.value("hits_total", route=route) == value
    for (method, route, status), numbers in snapshot.requests:
        labels = {"method": method, "route": route, "status": str(status)}
        assert exposed.value("http_requests_total", **labels) == sum(numbers[:-1])
        assert exposed.value("http_request_duration_seconds_sum", **labels) == numbers[-1]


@given(st.lists(snapshots(), min_size=1, max_size=3))
def test_who_has_died_leaves_counters_and_no_gauges(parts: list[Snapshot]) -> None:
    left = total(parts).lasting()

    assert [each.name for each in left.series] == ["hits_total"]
    assert left.requests == total(parts).requests
