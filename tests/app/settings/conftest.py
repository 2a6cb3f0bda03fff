"""How these tests read: in an empty folder, and with every fault by its name."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from watchword.app.settings import Settings, SettingsRefused, read

Read = Callable[[Mapping[str, str]], Settings]
Faults = Callable[[Mapping[str, str]], dict[str, str]]


@pytest.fixture(name="read")
def _read(tmp_path: Path) -> Read:
    return lambda environ: read(environ, cwd=tmp_path)


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Return a reading's faults by name; none when it is accepted."""

    def look(environ: Mapping[str, str]) -> dict[str, str]:
        try:
            read(environ, cwd=tmp_path)
        except SettingsRefused as refusal:
            return dict(refusal.faults)
        return {}

    return look
