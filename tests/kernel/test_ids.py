"""Ids: UUIDv7, in the order in which they were made."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.chance import SystemChance
from watchword.kernel.ids import mint, parse

moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(  # noqa: DTZ001
    lambda each: each.replace(tzinfo=UTC)
)


class Fixed:
    """A chance that always draws the same bytes."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def draw(self, size: int) -> bytes:
        return bytes([self.byte]) * size

    def below(self, limit: int) -> int:
        return limit - 1

    def fraction(self) -> float:
        return 0.5


@given(moment=moments)
def test_an_id_is_a_uuid_of_version_7_that_knows_its_moment(moment: datetime) -> None:
    made = mint(moment, SystemChance())

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((made.int >> 80) - moment.timestamp() * 1000) <= 1


@given(moment=moments, later=st.integers(1, 10_000_000))
def test_later_ids_are_greater(moment: datetime, later: int) -> None:
    first = mint(moment, Fixed(0xFF))
    second = mint(moment + timedelta(milliseconds=later), Fixed(0x00))

    assert first < second
    assert str(first) < str(second)


def test_each_millisecond_is_its_own_also_where_a_float_of_seconds_is_too_coarse() -> None:
    day = datetime(2038, 1, 20, tzinfo=UTC)
    made = [mint(day + timedelta(milliseconds=each), Fixed(0)).int >> 80 for each in range(1000)]

    assert made == [*range(made[0], made[0] + 1000)]
    assert made[0] == day.timestamp() * 1000


def test_ids_of_one_moment_differ() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)

    assert len({mint(now, SystemChance()) for _ in range(1000)}) == 1000


@given(st.text(max_size=50))
def test_what_is_no_id_is_none(text: str) -> None:
    found = parse(text)

    assert found is None or found.hex


def test_an_id_reads_as_it_is_written() -> None:
    made = mint(datetime(2026, 11, 21, tzinfo=UTC), SystemChance())

    assert parse(str(made)) == made
