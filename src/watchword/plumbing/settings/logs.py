"""How much the logs say, in which form, where they are kept, and who is told of errors."""

import re
from collections.abc import Mapping
from pathlib import Path

from watchword.kernel.addresses import is_loopback
from watchword.kernel.parsing import boolean, choice, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.hosts import host
from watchword.plumbing.settings.parsers import file_path, split

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SOME = ("error", "security", "http")


def _level(text: str) -> str:
    word = text.strip().lower()
    return choice("debug", "info", "warn", "error")("warn" if word == "warning" else word)


def _dsn(text: str) -> Secret:
    parts = split(text.strip())
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    complete = parts.hostname and parts.username and re.fullmatch(r"(/[\w.-]+)*/[0-9]+", parts.path)
    if text.strip() and not (complete and (parts.scheme == "https" or plain)):
        message = "write https://key@host/project, as Sentry shows it"
        raise ValueError(message)
    host(parts.hostname or "")
    return Secret(text.strip())


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,8})\s*([kmg]?)b?", text.strip().lower())
    if match is None:
        message = "write a size such as 10m, 512k or 1048576 (bytes)"
        raise ValueError(message)
    return int(match[1]) * _UNITS[match[2]]


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
    directory: Path | None = setting(
        "LOG_DIR",
        "Where the log is kept in files besides; nowhere if empty.",
        parse=file_path,
        default="",
    )
    file: Path | None = setting(
        "LOG_FILE",
        "The file that every line is kept in; the other files are beside it.",
        parse=file_path,
        default="",
    )
    most_bytes: int = setting(
        "LOG_MAX_SIZE", "How long a file of the log grows.", parse=_bytes, default="10m"
    )
    most_files: int = setting(
        "LOG_MAX_FILES",
        "How many files of a name there are, the one being written counted.",
        parse=whole(1, 1000),
        default="10",
    )

    sentry: Secret = setting(
        "SENTRY_DSN",
        "Where errors are told besides, without a word about people: the DSN of a project in Sentry.",
        parse=_dsn,
        default="",
        secret=True,
    )

    def paths(self) -> Mapping[str, Path]:
        """Return the files by their names; none if the log is kept in no files."""
        folder = self.directory or (self.file.parent if self.file else None)
        if folder is None:
            return {}
        beside = {name: folder / f"{name}.log" for name in ("app", "combined", *_SOME)}
        return beside | ({"app": self.file} if self.file else {})
