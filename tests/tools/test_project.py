"""What the project's own files promise."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_what_must_hold_before_a_change_is_taken_is_what_a_person_runs() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()

    assert [line for line in lines if line.startswith("./run")] == ["./run check", "./run test"]


def test_no_lock_names_a_place_on_a_network_or_this_machine() -> None:
    for lock in (ROOT / "requirements").iterdir():
        for line in lock.read_text().splitlines():
            assert "==" in line or line.lstrip().startswith("--hash=sha256:"), line
            assert not line.startswith("-")
            assert "://" not in line
