"""The state of Redis (or Valkey) as a replica is given it: an RDB file, to be put where a server starts from.

    AUTH, SYNC -> $<length> and so many bytes;  or $EOF:<mark>, bytes, and the mark
Managed servers may forbid SYNC: then they have snapshots of their own.
Source: https://redis.io/docs/latest/operate/oss_and_stack/management/replication/
"""

import io
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from watchword.kernel.secret import Secret
from watchword.plumbing.db.dumps.contents import DumpFailed

_SECONDS: Final = 60.0
_PORT: Final = 6379
_MARK: Final = 40
_CHUNK: Final = 1 << 16


class Rdb:
    """An RDB as it comes; it ends where the server says."""

    def __init__(self, file: io.BufferedRWPair) -> None:
        """Ask for it."""
        self._file = file
        self._file.write(b"SYNC\r\n")
        self._file.flush()
        head = b""
        while head in {b"", b"+"}:  # a server that prepares it sends empty lines meanwhile
            head = _line(file)
        if not head.startswith(b"$"):
            raise DumpFailed(private=f"redis: {head.decode('utf-8', 'replace')}")
        told = head[1:]
        self._mark = told.removeprefix(b"EOF:") if told.startswith(b"EOF:") else b""
        self._left = 0 if self._mark else int(told)
        self._kept = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return what comes next."""
        most = _CHUNK if size < 0 else size
        return self._until_mark(most) if self._mark else self._so_many(most)

    def _so_many(self, most: int) -> bytes:
        chunk = self._some(min(most, self._left)) if self._left else b""
        self._left -= len(chunk)
        return chunk

    def _until_mark(self, most: int) -> bytes:
        """Keep the last bytes back: they may be the mark."""
        while self._kept != self._mark:
            self._kept += self._some(max(most, _MARK))
            if self._kept.endswith(self._mark):
                chunk, self._kept = self._kept[:-_MARK], self._mark
                return chunk
            chunk, self._kept = self._kept[:-_MARK], self._kept[-_MARK:]
            if chunk:
                return chunk
        return b""

    def _some(self, most: int) -> bytes:
        chunk = self._file.read1(most)
        if not chunk:
            raise DumpFailed(private="redis hung up before the end")
        return bytes(chunk)


@contextmanager
def snapshot(url: Secret) -> Iterator[Rdb]:
    """Yield the state of the server at a URL; `ssl_ca_certs` in it vouch for it. Problem: `backup_failed`."""
    where = urlsplit(url.reveal())
    try:
        with _connected(where) as connection, connection.makefile("rwb") as file:
            if where.password:
                _authenticate(file, unquote(where.username or ""), unquote(where.password))
            yield Rdb(file)
    except (OSError, ValueError) as error:
        raise DumpFailed(private=f"redis: {error}") from error


def _connected(where: SplitResult) -> socket.socket:
    if where.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_SECONDS)
        connection.connect(where.path)
        return connection
    host = where.hostname or "localhost"
    connection = socket.create_connection((host, where.port or _PORT), _SECONDS)
    if where.scheme == "rediss":
        trusted = dict(parse_qsl(where.query)).get("ssl_ca_certs")
        context = ssl.create_default_context(cafile=trusted)
        return context.wrap_socket(connection, server_hostname=host)
    return connection


def _authenticate(file: io.BufferedRWPair, user: str, password: str) -> None:
    words = ["AUTH", *([user] if user else []), password]
    spelled = b"".join(b"$%d\r\n%b\r\n" % (len(word.encode()), word.encode()) for word in words)
    file.write(b"*%d\r\n%b" % (len(words), spelled))
    file.flush()
    answer = _line(file)
    if not answer.startswith(b"+"):
        raise DumpFailed(private=f"redis: {answer.decode('utf-8', 'replace')}")


def _line(file: io.BufferedRWPair) -> bytes:
    line = file.readline()
    if not line:
        raise DumpFailed(private="redis hung up")
    return line.strip()
