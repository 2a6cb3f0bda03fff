"""Logs: one JSON line each on standard output, secrets and addresses struck out.

Fields: `timestamp`, `level`, `message`, `service`, `node_id`, `request_id`, `user_id` where known,
`category` (`auth`, `security`, `audit`, `performance`, `http`), `duration_ms`, `event` (the fact that
happened), `stack` (where a failure happened). Lines of the categories `security` and `audit` ignore
LOG_LEVEL (K-38). A failure is logged once, where handled.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog

request_id: ContextVar[str] = ContextVar("request_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")

AUDIT = "AUDIT"
ALWAYS = frozenset({"security", "audit"})
_LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}
_SECRET_KEY = re.compile(
    r"pass(word|wd)?$|secret|token|cookie|authorization|pepper|^code$|otp_code|private_key|api_key",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    (re.compile(r"\bww[a-z]{1,3}_\d{1,4}_[0-9A-Za-z]{20,}"), "[token]"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[jwt]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 [secret]"),
    (re.compile(r"(?i)(token|code|password|secret)=[^&\s\"']+"), r"\1=[secret]"),
    (re.compile(r"(\w+://[^:/@\s]+):[^@\s/]+@"), r"\1:[secret]@"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "[address]"),
)

Event = MutableMapping[str, Any]


def redact(value: Any) -> Any:
    """Strike secrets and addresses out of a value, however deep."""
    if isinstance(value, str):
        for pattern, instead in _SECRET_TEXT:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, dict):
        return {
            key: "[secret]" if _SECRET_KEY.search(str(key)) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value if isinstance(value, (int, float, bool, type(None))) else redact(str(value))


class _Finish:
    """The last steps of a line: level, context, redaction, JSON or text."""

    def __init__(
        self, level: str, service: str, node_id: str, *, as_json: bool, audit: bool
    ) -> None:
        self.threshold = _LEVELS[level]
        self._audit = audit
        self._fixed = {"service": service, "node_id": node_id}
        self._as_json = as_json

    def __call__(self, _logger: object, method: str, event: Event) -> str:
        level = {"warning": "warn", "exception": "error"}.get(method, method)
        if _LEVELS.get(level, 40) < self.threshold and event.get("category") not in ALWAYS:
            raise structlog.DropEvent
        if event["event"] == AUDIT and not self._audit:
            raise structlog.DropEvent
        line: dict[str, Any] = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),  # noqa: TID251
            "level": level,
            "message": redact(event.pop("event")),
            **self._fixed,
        }
        for name, variable in (("request_id", request_id), ("user_id", user_id)):
            if variable.get():
                line[name] = variable.get()
        line |= {_NAMES.get(key, key): value for key, value in redact(dict(event)).items()}
        if self._as_json:
            return msgspec.json.encode(line).decode()
        extra = " ".join(f"{k}={v}" for k, v in line.items() if k not in _TEXT_SKIPS)
        return f"{line['timestamp'][11:23]} {level:<5} {line['message']} {extra}".rstrip()


def _with_traceback(_logger: object, method: str, event: Event) -> Event:
    """`log().exception(...)` tells where it happened."""
    if method == "exception":
        event.setdefault("exc_info", True)
    return event


_NAMES = {"happened": "event", "exception": "stack"}  # structlog has its own `event`
_TEXT_SKIPS = {"timestamp", "level", "message", "service", "node_id"}
_finish: _Finish | None = None


def configure(
    level: str = "info",
    service: str = "watchword",
    node_id: str = "",
    *,
    as_json: bool = True,
    audit: bool = True,
    stream: TextIO | None = None,
) -> None:
    """Set up logging for this process, the standard library's included."""
    global _finish  # noqa: PLW0603 - one process, one log
    _finish = _Finish(level, service, node_id, as_json=as_json, audit=audit)
    structlog.configure(
        processors=[_with_traceback, structlog.processors.format_exc_info, _finish],
        wrapper_class=structlog.BoundLogger,
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stdout),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(logging.WARNING)


def set_level(level: str) -> None:
    """Change the level of a running process."""
    if _finish is not None:
        _finish.threshold = _LEVELS[level]


class _Bridge(logging.Handler):
    """Lines of libraries, in our form."""

    def emit(self, record: logging.LogRecord) -> None:
        level = {10: "debug", 20: "info", 30: "warning"}.get(record.levelno, "error")
        log = structlog.get_logger()
        error = record.exc_info if record.exc_info and record.exc_info[0] else None
        getattr(log, level)(record.getMessage(), logger=record.name, exc_info=error)


def tells(level: str) -> bool:
    """Tell whether lines of a level are written."""
    return _finish is None or _LEVELS[level] >= _finish.threshold


def log() -> Any:
    """Return the logger."""
    return structlog.get_logger()


class AccessLog:
    """One line a request, written in batches so that the hot path pays about two microseconds."""

    def __init__(self, service: str, node_id: str, stream: TextIO | None = None) -> None:
        """Write to the stream in the same form as every other line."""
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
        self._lines.append(
            f'{self._prefix}.{int((now - second) * 1000):03d}+00:00","level":"info",'
            f'"message":"request",{self._fixed},"category":"http","method":"{method}",'
            f'"route":"{route}","status":{status},"duration_ms":{seconds * 1000:.2f},'
            f'"request_id":"{request}"{who}}}\n'
        )

    def flush(self) -> None:
        """Write what is remembered."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._stream.write("".join(lines))
            self._stream.flush()
