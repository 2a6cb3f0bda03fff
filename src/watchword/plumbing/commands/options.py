"""Options that many commands have, in one spelling each."""

from pathlib import Path
from typing import Annotated

import typer

from watchword.plumbing.words.languages import LANGUAGES

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Language = Annotated[
    str,
    typer.Option("--lang", "--language", metavar="|".join(LANGUAGES), help="In this language."),
]
Since = Annotated[str, typer.Option("--since", help="How far back: 30m, 24h, 7d.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")]
Base = Annotated[
    str, typer.Option("--base", metavar="URL", help="The address of a running service.")
]
Trust = Annotated[
    Path | None,
    typer.Option("--ca", exists=True, dir_okay=False, help="Certificates to trust, PEM."),
]
