"""`watchword risk ...`."""

from typing import Any

import msgspec
import typer

from watchword.kernel.clock import Clock
from watchword.operations.risk.rules import Seen
from watchword.operations.risk.service import Risk
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import ago, run_in_house
from watchword.plumbing.commands.options import AsJson, Since
from watchword.plumbing.house import House

_COLUMNS = ("at", "signal", "reason", "count", "about")

risk = typer.Typer(help="What looks like an attack.", no_args_is_help=True)


@risk.command("evaluate", epilog="Example: watchword risk evaluate --since 24h --json")
def evaluate(since: Since = "24h", as_json: AsJson = False) -> None:
    """Tell which signals the journal's facts would have raised, and when; nothing is posted.

    Thresholds are the settings'; SIRA_THRESHOLD_OTP_FAILURE_RATE=0.3 before the command tries another.
    """
    back = ago(since)

    async def work(house: House) -> list[Seen]:
        clock: Clock = house.part(Clock)
        return await house.part(Risk).evaluate(clock.now() - back)

    found = run_in_house(work)
    if as_json:
        console.output([msgspec.to_builtins(each) for each in found], as_json=True)
        return
    console.rows([_line(each) for each in found], _COLUMNS, as_json=False)


def _line(seen: Seen) -> dict[str, Any]:
    told = seen.data
    of = f" of {told.tried}" if told.tried else ""
    about = (told.ip, told.user_id and str(told.user_id), told.country)
    return {
        "at": f"{seen.at:%Y-%m-%dT%H:%M:%SZ}",
        "signal": seen.signal,
        "reason": told.reason,
        "count": f"{told.count}{of}",
        "about": " ".join(each for each in about if each) or "all",
    }


groups = {"risk": risk}
