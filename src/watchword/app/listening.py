"""Listening: a socket that is ours, and the server behind it."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta

import uvicorn

from watchword.plumbing.web.wire import Wire

_PORTS_TRIED = 20


def bind(host: str, port: int, *, next_free: bool = False) -> socket.socket:
    """Bind a listening socket; with `next_free`, the next port when one is busy. OSError: none free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + (_PORTS_TRIED if next_free and port else 1)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
        except OSError:
            listener.close()
            if candidate == port + _PORTS_TRIED - 1 or not (next_free and port):
                raise
            continue
        listener.set_inheritable(True)
        return listener
    raise AssertionError


class Server(uvicorn.Server):
    """uvicorn, its signals being ours."""

    def __init__(self, app: object, patience: timedelta, tls: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            lifespan="off",
            http=Wire,
            ws="none",
            ssl_context_factory=(lambda _config, _default: tls) if tls else None,
            proxy_headers=False,
            server_header=False,
            workers=1,  # else uvicorn reads WEB_CONCURRENCY, which is ours
            date_header=True,
            timeout_graceful_shutdown=max(1, round(patience.total_seconds())),
        )
        super().__init__(config)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
