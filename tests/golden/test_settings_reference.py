"""What strangers read about our settings is what the code declares."""

from pathlib import Path

import pytest

from tests.support.program import watchword
from watchword.app.settings import catalogue, dotenv

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "arguments"),
    [("docs/reference/settings.md", ()), (".env.example", ("--env",))],
)
def test_the_reference_is_as_the_code_declares(path: str, arguments: tuple[str, ...]) -> None:
    command = ("config", "reference", *arguments)

    made = watchword(*command, cwd=ROOT)

    assert made.returncode == 0
    kept = (ROOT / path).read_text("utf-8")
    assert kept == made.stdout, f"{path} is not what the code says: ./run docs"


@pytest.mark.req("R-06")
def test_the_example_names_every_variable_that_is_read_and_no_other() -> None:
    entries = catalogue.entries(catalogue.sections())
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    assignments = [line.removeprefix("# ") for line in lines if "=" in line.partition(" ")[2]]

    named, _ = dotenv.parse("\n".join(line for line in assignments if line[:1].isupper()))

    assert set(named) == set(entries)
    text = "\n".join(lines)
    for entry in entries.values():
        assert all(name in text for name in entry.names)
