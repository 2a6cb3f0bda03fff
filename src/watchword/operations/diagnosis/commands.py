"""`watchword debug ...`."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from watchword.operations.diagnosis.rules import LASTS, DiagnosisSettings, Report, heeds
from watchword.plumbing.commands import console, reading
from watchword.plumbing.commands.options import AsJson

debug = typer.Typer(help="Look into a live process, without a stop.", no_args_is_help=True)

_SIGNALS = {Report.PROFILE: signal.SIGUSR1, Report.HEAP: signal.SIGUSR2}
_PATIENCE_SECONDS = 20.0
_QUIET_SECONDS = 1.0
_LOOK_SECONDS = 0.1
Pid = Annotated[
    int, typer.Option("--pid", min=2, help="The process; the first of several reaches all.")
]


@debug.command("profile", epilog="Example: watchword debug profile --pid 4711")
def profile(pid: Pid, as_json: AsJson = False) -> None:
    """Write where a process spends its time, for ten seconds; print where the reports are."""
    _ask(Report.PROFILE, pid, as_json=as_json)


@debug.command("heap", epilog="Example: watchword debug heap --pid 4711")
def heap(pid: Pid, as_json: AsJson = False) -> None:
    """Write what fills the memory of a process; print where the reports are."""
    _ask(Report.HEAP, pid, as_json=as_json)


def _ask(report: Report, pid: int, *, as_json: bool) -> None:
    sections = reading.read().sections
    folder = sections.section(DiagnosisSettings).folder if sections is not None else None
    if folder is None:
        raise console.refuse("DEBUG_DIR is not set: the service writes no reports.")
    number = _SIGNALS[report]
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError as error:
        raise console.refuse(f"There is no process {pid} here.") from error
    if not heeds(status, number):
        raise console.refuse(f"Process {pid} is no service that writes reports; nothing was sent.")
    before = set(folder.glob(f"{report}-*.txt"))
    os.kill(pid, number)
    found = sorted(map(str, _new(report, folder, before)))
    if not found:
        raise console.refuse("No report came.", console.Exit.LATER)
    console.output({"reports": found}, as_json=as_json, text=found)


def _new(report: Report, folder: Path, before: set[Path]) -> set[Path]:
    """Wait for reports; the last of several is there when none has come for a second."""
    lasts = LASTS.total_seconds() if report is Report.PROFILE else 0.0
    ends, quiet = time.monotonic() + lasts + _PATIENCE_SECONDS, 0.0
    found: set[Path] = set()
    while time.monotonic() < ends and (not found or time.monotonic() < quiet):
        now = set(folder.glob(f"{report}-*.txt")) - before
        if now != found:
            found, quiet = now, time.monotonic() + _QUIET_SECONDS
        time.sleep(_LOOK_SECONDS)
    return found


groups = {"debug": debug}
