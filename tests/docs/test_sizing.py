"""The page on sizing adds up, and says on what it was measured."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/operate/sizing.md").read_text()


def sums() -> list[tuple[int, int]]:
    """Return of each table that has a sum what its rows come to, and what it says."""
    found = []
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        cells = [line.strip("| \n").split(" | ") for line in table.splitlines()[2:]]
        if cells[-1][0] == "**together**":
            *rows, last = [int(row[-1].strip("*").replace(",", "")) for row in cells]
            found.append((sum(rows), last))
    return found


@pytest.mark.req("G-07")
def test_memory_and_disk_add_up_to_no_more_than_the_machine_has() -> None:
    (memory, told), (disk, told_of_disk) = sums()
    assert (memory, disk) == (told, told_of_disk)
    assert memory < 4096
    assert disk <= 20_000


@pytest.mark.req("G-07")
def test_rates_are_measured_at_two_processors_and_say_when() -> None:
    assert re.search(r"Measured on 2 virtual processors \([^)]+, \d+ \w+ \d{4}\)", PAGE)
    rates = re.findall(
        r"^\| [^|]+ \| ([\d,.]+) \| [^|]+ \|$", PAGE.partition("## Memory")[0], re.MULTILINE
    )
    assert len(rates) >= 8
