"""How these tests run the commands: in this process, on settings read from an environment."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from watchword.app.reading import reading_of
from watchword.app.settings import Settings, read
from watchword.app.settings.guide import CatalogueGuide
from watchword.operations.configuration import commands
from watchword.operations.configuration.rules import SettingsGuide
from watchword.plumbing.commands.handed import handed
from watchword.plumbing.commands.reading import Read


class Run(Protocol):
    """Runs a command on settings read from an environment, in this test's folder."""

    def __call__(self, *arguments: str, environ: Mapping[str, str]) -> Result: ...


@pytest.fixture
def run(tmp_path: Path) -> Run:
    root = typer.Typer()
    for name, group in commands.groups.items():
        root.add_typer(group, name=name)

    def invoke(*arguments: str, environ: Mapping[str, str]) -> Result:
        def told(sections: Iterable[type[Any]] | None = None) -> Settings:
            return read(environ, cwd=tmp_path, sections=sections)

        with handed({SettingsGuide: CatalogueGuide(told), Read: lambda: reading_of(told)}):
            return CliRunner().invoke(root, list(arguments))

    return invoke
