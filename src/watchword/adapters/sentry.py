"""Errors told to Sentry (or GlitchTip): what kind, and where in the source; nothing of the people concerned.

An event holds the line's own message, the types of the exceptions, and for each frame module, function and
line number; with the tags service, category and request id. It holds no values: no texts of exceptions
(drivers quote rows in them), no variables, no addresses, no user. What libraries log is told by the
library's name alone. Sending is the SDK's affair, in a thread of its own; nobody waits for it.

Source: https://develop.sentry.dev/sdk/data-model/event-payloads/
"""

import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sentry_sdk import Client
from sentry_sdk.types import Event

from watchword.kernel.secret import Secret

_TAGS: Final = ("service", "node_id", "category", "request_id", "job", "route", "logger")
_PATIENCE: Final = 2.0


class SentryReports:
    """Tells errors."""

    def __init__(self, dsn: Secret, release: str, environment: str, node_id: str) -> None:
        """Tell them to the project of a DSN."""
        self._client = Client(
            dsn=dsn.reveal(),
            release=release,
            environment=environment,
            server_name=node_id or "-",
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
        )

    def report(self, line: Mapping[str, Any], error: BaseException | None) -> None:
        """Tell of a line of the level error, and of the exception that it is about."""
        library = line.get("logger")
        message = f"a line of {library}" if library else line["message"]
        event: Event = {
            "level": "error",
            "platform": "python",
            "logentry": {"formatted": message},
            "tags": {name: str(line[name]) for name in _TAGS if line.get(name)},
        }
        if error is not None:
            event["exception"] = {"values": [*_told(error)]}
        self._client.capture_event(event)

    def flush(self) -> None:
        """Wait a moment for what is under way."""
        self._client.flush(_PATIENCE)


def _told(error: BaseException) -> Iterator[dict[str, Any]]:
    """Yield the exceptions that led to one another, the first first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
    frames = [
        {
            "module": frame.f_globals.get("__name__", "?"),
            "function": frame.f_code.co_name,
            "lineno": line,
        }
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    kind = type(error)
    yield {"type": kind.__name__, "module": kind.__module__, "stacktrace": {"frames": frames}}
