"""A terminal: the command line, run in this process on a world's database."""

import io
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import typer
from typer.testing import CliRunner

from tests.support.world import StoppedClock, environment
from watchword.app import carrying, lettering
from watchword.app.building import configure_logs, open_house, open_kit
from watchword.app.command_groups import command_groups
from watchword.app.reading import reading_of
from watchword.app.settings import Settings, read
from watchword.kernel.clock import Clock
from watchword.operations.backup.service import OpenKit
from watchword.operations.doctor.service import AskProviders, LookAtDomain, LookAtEvents
from watchword.operations.events import service as events
from watchword.operations.mail.service import OpenLetters
from watchword.operations.sender_domain import service as sender_domain
from watchword.plumbing.commands.console import OpenHouse
from watchword.plumbing.commands.handed import handed
from watchword.plumbing.commands.reading import Read
from watchword.plumbing.logs import logger


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
        hands = {
            OpenHouse: self._open,
            OpenKit: lambda: open_kit(self._read(), self.clock),
            Read: lambda: reading_of(self._read),
            LookAtDomain: sender_domain.steps,
            AskProviders: lambda: carrying.ask_providers(self._read()),
            LookAtEvents: events.steps,
            OpenLetters: lambda: lettering.letters_of(self._read()),
        }
        try:
            with handed(hands):
                result = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "100"}).invoke(
                    _root(), list(words), input=typed
                )
        finally:
            logger.configure(stream=io.StringIO())  # the streams of the command are closed
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.stdout, result.stderr, result.exit_code)

    def _open(self) -> AbstractAsyncContextManager[Any]:
        settings = self._read()
        configure_logs(settings, quiet=True)
        return open_house(settings, clock=self.clock)

    def _read(self) -> Settings:
        return read(environment(self.database_url, **self.more), cwd=self.folder)


def _root() -> typer.Typer:
    root = typer.Typer(pretty_exceptions_enable=False)
    for name, group in command_groups().items():
        root.add_typer(group, name=name)
    return root
