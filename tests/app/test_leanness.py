import subprocess
import sys

import pytest


def _known_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "without"),
    [
        (
            "from watchword.app.settings import catalogue; catalogue.sections()",
            {"sqlalchemy", "jinja2", "joserfc"},
        ),
        (
            "from watchword.app import cli; cli.add_slices('keys')",
            {"watchword.operations.backup.commands", "watchword.app.building"},
        ),
        (
            "from watchword.app import program, starting",
            {"watchword.app.cli", "typer", "watchword.operations.keys.commands"},
        ),
    ],
    ids=["the settings", "one command", "a service"],
)
def test_a_process_leaves_out_what_it_does_not_need(code: str, without: set[str]) -> None:
    known = _known_after(code)
    assert "watchword.app" in known
    assert not known & without


def test_a_command_that_does_not_exist_has_all_to_choose_from() -> None:
    known = _known_after("from watchword.app import cli; cli.add_slices('nonsense')")
    assert {
        "watchword.operations.keys.commands",
        "watchword.flows.administration.commands",
    } <= known
