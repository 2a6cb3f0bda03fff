"""When something is run and when somebody is told."""

from dataclasses import dataclass
from typing import Final

from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import full_web_address, mailbox

DOWN: Final = "down"
WELL: Final = "well again"


def _hook(text: str) -> Secret:
    return Secret(full_web_address(text.strip()))


@section
class AlertSettings:
    """The monitor's alerts."""

    webhook: Secret = setting(
        "ALERT_WEBHOOK_URL",
        "Where `watchword health monitor` posts that the service is down, and that it is well again; an"
        " incoming webhook of Slack, or anything that takes JSON with `text`.",
        parse=_hook,
        default="",
        secret=True,
    )
    email: str = setting(
        "ALERT_EMAIL",
        "Who gets a letter of it, too.",
        parse=mailbox,
        default="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """How many rounds in a row were not well, and whether people were told."""

    rounds: int = 0
    told: bool = False


def runs_command(outage: Outage) -> bool:
    """Tell whether the command is run in this round: the first, second, fourth, eighth ..."""
    return outage.rounds > 0 and outage.rounds & (outage.rounds - 1) == 0


def sentence(service: str, base: str, what: str, why: str) -> str:
    """Say it in one line."""
    return f"{service} is {what}: {base}" + (f" ({why})" if why else "")
