"""Logs: one JSON line each on standard output, secrets and addresses struck out.

Fields: `timestamp`, `level`, `message`, `service`, `node_id`, `request_id`, `user_id` where known,
`category` (`auth`, `security`, `audit`, `performance`, `http`), `duration_ms`, `event` (the fact that
happened), `stack` (where a failure happened). Lines of the categories `security` and `audit` ignore
LOG_LEVEL (K-38). A failure is logged once, where handled. `files` keeps every line besides, where asked.
"""

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol, TextIO

import msgspec

from watchword.plumbing.logs.files import LogFiles

request_id: ContextVar[str] = ContextVar("request_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")

AUDIT = "AUDIT"
ALWAYS = frozenset({"security", "audit"})
LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}
_SECRET_KEY = re.compile(
    r"pass(word|wd)?$|secret|token|cookie|authorization|pepper|^code$|otp_code|private_key|api_key",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    (re.compile(r"\bww[a-z]{1,3}_\d{1,4}_[0-9A-Za-z]{20,}"), "[token]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[jwt]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 [secret]"),
    (
        re.compile(r"(?i)(token|code|password|passwd|secret|api[_-]?key|pin)=[^&\s\"']+"),
        r"\1=[secret]",
    ),
    (
        re.compile(r"(?i)((?:token|passwo?r?d|secret|api[_-]?key)[\"']?\s*:\s*[\"']?)[^\s\"',;}]+"),
        r"\1[secret]",
    ),
    (re.compile(r"(?i)([\"'](?:code|pin)[\"']\s*:\s*[\"']?)[^\s\"',;}]+"), r"\1[secret]"),
    (re.compile(r"(\w+://[^:/@\s]+):[^@\s/]+@"), r"\1:[secret]@"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "[address]"),
)
_SUSPICIOUS = re.compile(
    r"(?i)[=@\"']|://|ww[a-z]|eyJ|bearer|basic|[dnty]\s*:"
)  # of any pattern above


@lru_cache(1024)
def _names_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def redact(value: Any) -> Any:
    """Strike secrets and addresses out of a value, however deep."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        if _SUSPICIOUS.search(value):  # nearly nothing is; six patterns cost more than one
            for pattern, instead in _SECRET_TEXT:
                value = pattern.sub(instead, value)
        return value
    if isinstance(value, dict):
        return {
            key: "[secret]" if _names_secret(str(key)) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value if isinstance(value, (int, float, bool, type(None))) else redact(str(value))


class Reports(Protocol):
    """Whoever is told of errors besides."""

    def report(self, line: Mapping[str, Any], error: BaseException | None) -> None:
        """Tell of a line of the level error, and of the exception that it is about."""
        ...

    def flush(self) -> None:
        """Wait a moment for what is under way."""
        ...


class Log:
    """Writes lines: `log().info("what happened", about=value)`."""

    def __init__(
        self,
        level: str = "info",
        service: str = "watchword",
        node_id: str = "",
        *,
        as_json: bool = True,
        audit: bool = True,
        stream: TextIO | None = None,
        files: LogFiles | None = None,
        reports: Reports | None = None,
    ) -> None:
        """Write lines from this level on; those of audit and security always."""
        self.threshold = LEVELS[level]
        self._audit = audit
        self._fixed = {"service": service, "node_id": node_id}
        self.as_json = as_json
        self._stream = stream
        self.files = files
        self.reports = reports

    def debug(self, message: str, **about: Any) -> None:
        """Tell what only a developer wants to know."""
        self._line("debug", message, about)

    def info(self, message: str, **about: Any) -> None:
        """Tell what happened."""
        self._line("info", message, about)

    def warning(self, message: str, **about: Any) -> None:
        """Tell what somebody should look at."""
        self._line("warn", message, about)

    def error(self, message: str, **about: Any) -> None:
        """Tell what went wrong; `exc_info` is the exception, for its stack."""
        self._line("error", message, about)

    def exception(self, message: str, **about: Any) -> None:
        """Tell what went wrong, with the stack of the exception being handled."""
        self._line("error", message, {"exc_info": sys.exception(), **about})

    def _line(self, level: str, message: str, about: dict[str, Any]) -> None:
        if LEVELS[level] < self.threshold and about.get("category") not in ALWAYS:
            return
        if message == AUDIT and not self._audit:
            return
        error = about.pop("exc_info", None)
        if error is not None:
            about["stack"] = "".join(traceback.format_exception(error)).rstrip()
        line: dict[str, Any] = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),  # noqa: TID251
            "level": level,
            "message": redact(message),
            **self._fixed,
        }
        for name, variable in (("request_id", request_id), ("user_id", user_id)):
            if variable.get():
                line[name] = variable.get()
        line |= {_NAMES.get(key, key): value for key, value in redact(about).items()}
        stream = self._stream or sys.stdout
        spelled = msgspec.json.encode(line).decode()
        if not stream.closed:  # as at the very end of a process, when a library has a last word
            _write(stream, (spelled if self.as_json else _for_people(line)) + "\n")
        if self.files:
            self.files.keep(level, about.get("category"), spelled + "\n")
        if self.reports and level == "error":
            self.reports.report(line, error)


def _write(stream: TextIO, told: str) -> None:
    """Write at once; on a full disk, or when the reader has gone, that costs the line and no request."""
    with contextlib.suppress(OSError):
        stream.write(told)
        stream.flush()


def _for_people(line: dict[str, Any]) -> str:
    extra = " ".join(f"{k}={v}" for k, v in line.items() if k not in _TEXT_SKIPS)
    return f"{line['timestamp'][11:23]} {line['level']:<5} {line['message']} {extra}".rstrip()


def for_people(spelled: str) -> str:
    """Return a line that was written for programs as people read it."""
    return _for_people(msgspec.json.decode(spelled))


def _all_for_people(spelled: str) -> str:
    return "".join(f"{for_people(line)}\n" for line in spelled.splitlines())


_NAMES = {"happened": "event"}
_TEXT_SKIPS = {"timestamp", "level", "message", "service", "node_id"}
_log = Log()


def configure(
    level: str = "info",
    service: str = "watchword",
    node_id: str = "",
    *,
    as_json: bool = True,
    audit: bool = True,
    stream: TextIO | None = None,
    files: LogFiles | None = None,
    reports: Reports | None = None,
) -> None:
    """Set up logging for this process, the standard library's included."""
    global _log  # noqa: PLW0603 - one process, one log
    _log = Log(
        level,
        service,
        node_id,
        as_json=as_json,
        audit=audit,
        stream=stream,
        files=files,
        reports=reports,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(logging.WARNING)


def set_level(level: str) -> None:
    """Change the level of a running process."""
    _log.threshold = LEVELS[level]


def flush_reports() -> None:
    """Wait a moment for errors that are being told elsewhere."""
    if _log.reports:
        _log.reports.flush()


class _Bridge(logging.Handler):
    """Lines of libraries, in our form."""

    def emit(self, record: logging.LogRecord) -> None:
        level = {10: "debug", 20: "info", 30: "warning"}.get(record.levelno, "error")
        error = record.exc_info[1] if record.exc_info else None
        getattr(_log, level)(record.getMessage(), logger=record.name, exc_info=error)


def tells(level: str) -> bool:
    """Tell whether lines of a level are written."""
    return LEVELS[level] >= _log.threshold


def log() -> Log:
    """Return the logger."""
    return _log


class AccessLog:
    """One line a request, written in batches so that the hot path pays about two microseconds."""

    def __init__(self, service: str, node_id: str, stream: TextIO | None = None) -> None:
        """Write to the stream in the same form as every other line.

        Somebody has to `flush`; `when_waiting` is called when the first line of a batch waits.
        """
        self.when_waiting: Callable[[], object] = lambda: None
        self._fixed = msgspec.json.encode({"service": service, "node_id": node_id})[1:-1].decode()
        self._stream = stream or sys.stdout
        self._lines: list[str] = []
        self._second, self._prefix = 0, ""

    def write(
        self,
        now: float,
        method: str,
        route: str,
        status: int,
        seconds: float,
        request: str,
        user: str,
    ) -> None:
        """Remember one line; `flush` writes it. All values are ours and need no escaping."""
        if not tells("info"):
            return
        second = int(now)
        if second != self._second:
            self._second = second
            self._prefix = datetime.fromtimestamp(second, UTC).strftime(
                '{"timestamp":"%Y-%m-%dT%H:%M:%S'
            )
        who = f',"user_id":"{user}"' if user else ""
        if not self._lines:
            self.when_waiting()
        self._lines.append(
            f'{self._prefix}.{int((now - second) * 1000):03d}+00:00","level":"info",'
            f'"message":"request",{self._fixed},"category":"http","method":"{method}",'
            f'"route":"{route}","status":{status},"duration_ms":{seconds * 1000:.2f},'
            f'"request_id":"{request}"{who}}}\n'
        )

    def flush(self) -> None:
        """Write what is remembered."""
        if self._lines:
            told, self._lines = "".join(self._lines), []
            _write(self._stream, told if _log.as_json else _all_for_people(told))
            if _log.files:
                _log.files.keep("info", "http", told)
