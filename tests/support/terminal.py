"""A terminal: the command line, run in this process on a world's database."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import typer
from typer.testing import CliRunner

from tests.support.world import StoppedClock, environment
from watchword.app import slices
from watchword.app.building import configure_logs, open_house
from watchword.app.settings import Settings, SettingsRefused, read
from watchword.kernel.clock import Clock
from watchword.operations.doctor import service as doctor
from watchword.operations.sender_domain import service as sender_domain
from watchword.plumbing import console, reading


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    out: str
    err: str
    code: int

    @property
    def json(self) -> Any:
        """Return what it printed, as JSON."""
        return msgspec.json.decode(self.out)


@dataclass(slots=True)
class Terminal:
    """Runs commands; `more` are settings of one's own."""

    database_url: str
    folder: Path
    clock: Clock = field(default_factory=StoppedClock)
    more: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, typed: str | None = None) -> Said:
        """Run `watchword <words>`; nobody sits before it."""
        console.opener, reading.read = self._open, self._reading
        doctor.look_at_domain = sender_domain.steps
        result = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "100"}).invoke(
            _root(), list(words), input=typed
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.stdout, result.stderr, result.exit_code)

    def _open(self) -> AbstractAsyncContextManager[Any]:
        settings = self._read()
        configure_logs(settings, quiet=True)
        return open_house(settings, clock=self.clock)

    def _read(self) -> Settings:
        return read(environment(self.database_url, **self.more), cwd=self.folder)

    def _reading(self) -> reading.Reading:
        try:
            settings = self._read()
        except SettingsRefused as refusal:
            return reading.Reading(sections=None, faults=tuple(refusal.faults))
        given = frozenset(name for name in settings.sources if settings.given(name))
        return reading.Reading(sections=settings, given=given)


def _root() -> typer.Typer:
    root = typer.Typer(pretty_exceptions_enable=False)
    for _, module in slices.modules("commands"):
        for name, group in getattr(module, "groups", {}).items():
            root.add_typer(group, name=name)
    return root
