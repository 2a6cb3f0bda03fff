"""A visit: a round of checks, told as numbered lines while it is made, or whole as JSON.

Each check that is not well names the command that mends it. Exit 1 when one failed or could not be made.
"""

from collections.abc import AsyncIterator, Sequence

import typer

from watchword.plumbing.commands import console
from watchword.plumbing.findings import Finding, Outcome, is_wrong

_WIDTH = 12


def make_round(checks: AsyncIterator[Finding], count: int, *, as_json: bool) -> list[Finding]:
    """Make the round and tell of it; `count` is how many checks are expected."""
    found = console.run(lambda: _gather(checks, count, talk=not as_json))
    wrong = any(map(is_wrong, found))
    if as_json:
        console.output({"ok": not wrong, "checks": found}, as_json=True)
    if wrong:
        raise typer.Exit(console.Exit.REFUSED)
    console.talk(_in_sum(found))
    return found


def _in_sum(found: Sequence[Finding]) -> str:
    doubtful = [each.check for each in found if each.outcome == Outcome.WARNING]
    return f"Nothing is wrong; see {', '.join(doubtful)}." if doubtful else "Everything is well."


async def _gather(checks: AsyncIterator[Finding], count: int, *, talk: bool) -> list[Finding]:
    found: list[Finding] = []
    async for finding in checks:
        found.append(finding)
        if talk:
            console.output(None, as_json=False, text=_lines(finding, len(found), count))
    return found


def _lines(finding: Finding, number: int, count: int) -> list[str]:
    place = f"[{number:>{len(str(count))}}/{count}]"
    lines = [f"{place} {finding.check:<{_WIDTH}} {finding.outcome:<8} {finding.detail}"]
    if finding.fix:
        lines.append(f"{'':<{len(place)}} {'':<{_WIDTH}} to mend: {finding.fix}")
    return lines
