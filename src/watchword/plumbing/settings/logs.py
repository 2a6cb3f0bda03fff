"""How much the logs say, and in which form."""

from watchword.kernel.parsing import boolean, choice
from watchword.kernel.parts import section, setting


def _level(text: str) -> str:
    word = text.strip().lower()
    return choice("debug", "info", "warn", "error")("warn" if word == "warning" else word)


@section
class LogSettings:
    """Logs; audit and security lines are written whatever the level."""

    level: str = setting(
        "LOG_LEVEL", "The least that is worth a line.", parse=_level, default="info"
    )
    format: str = setting(
        "LOG_FORMAT",
        "json for programs, text for people.",
        parse=choice("json", "text"),
        default="json",
    )
    audit: bool = setting(
        "ENABLE_AUDIT_LOGS",
        "Whether the facts of the journal are lines of the log too.",
        parse=boolean,
        default="true",
    )
