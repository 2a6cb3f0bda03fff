"""The board: what a process wrote there is read whole, also when it has died meanwhile."""

import multiprocessing
import time
from itertools import count

import pytest

from watchword.plumbing.metrics.board import Board, BoardSlot
from watchword.plumbing.metrics.counting import Metrics

FORK = multiprocessing.get_context("fork")


def test_nothing_stands_where_nobody_wrote() -> None:
    assert BoardSlot().read() == b""


def test_what_is_written_takes_the_place_of_what_stood_there() -> None:
    place = BoardSlot()
    for turn in range(600):
        place.write(b"long" * (turn % 7) + b"%d" % turn)
    assert place.read() == b"long" * 4 + b"599"


def test_what_does_not_fit_is_refused_and_leaves_what_stood_there() -> None:
    place = BoardSlot(side=4)
    place.write(b"four")
    with pytest.raises(ValueError):
        place.write(b"fives")
    assert place.read() == b"four"


def test_a_reader_in_another_process_never_sees_half_of_a_writing() -> None:
    place = BoardSlot()

    def scribble() -> None:
        for turn in count():
            place.write(bytes([turn % 256]) * (1000 + turn % 90_000))

    writer = FORK.Process(target=scribble, daemon=True)
    writer.start()
    seen, until = set(), time.monotonic() + 120
    while len(seen) < 40:
        assert time.monotonic() < until, "nobody writes"
        written = place.read()
        assert len(set(written)) <= 1
        seen.add(written[:1])
    writer.kill()
    writer.join()
    assert len(set(place.read())) == 1


def metrics(places: list[BoardSlot], index: int) -> Metrics:
    """Return the metrics of a process that has joined the others."""
    joined = Metrics("1.0", "generic", "")
    joined.join(Board(places, index))
    return joined


def told(asked: Metrics, name: str) -> str:
    """Return the one value of a metric without labels."""
    lines = asked.exposition().decode().splitlines()
    [line] = [each for each in lines if each.startswith(f"{name} ")]
    return line.split()[1]


def test_a_successor_counts_on_from_what_was_posted_and_forgets_the_gauges() -> None:
    places = [BoardSlot(), BoardSlot()]
    first, second = metrics(places, 0), metrics(places, 1)
    for each in (first, second):
        each.watch("connections", "Connections.", lambda: 5)
        each.lockouts.inc(2)
        each.post()
    assert (told(first, "account_lockouts_total"), told(first, "connections")) == ("4.0", "10.0")
    for life in range(1, 4):
        successor = metrics(places, 1)
        successor.lockouts.inc()
        successor.post()
        assert told(first, "account_lockouts_total") == f"{4 + life}.0"
    assert told(first, "connections") == "5.0"


def test_a_gauge_of_the_service_is_told_once_and_only_when_somebody_has_looked() -> None:
    places = [BoardSlot(), BoardSlot()]
    first, second = metrics(places, 0), metrics(places, 1)
    looked = first.gauge("sessions", "Sessions.")
    second.post()
    assert "\nsessions " not in second.exposition().decode()
    looked.set(7)
    first.post()
    assert told(second, "sessions") == "7.0"
