"""RabbitMQ for tests: a server of our own, or one we were given.

start       a fresh server on free loopback ports, everything in a folder of its own
at          somebody's server
find        where its programs are: PATH, our cache folder, Debian's packages unpacked into it
freeze      SIGSTOP; `thaw` lets it go on
go_down     end it for a while, on the disk what it holds; `come_up` starts it anew
stop        end it; what it holds goes too
"""

import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.ports import free_port
from tests.support.services import debian
from tests.support.services.kept import Kept
from tests.support.services.missing import ServiceMissing

CACHE = Path(__file__).parents[3] / ".cache/rabbitmq"
SECONDS_TO_START = 120.0
_USER = "watchword"
_READY = "Server startup complete"
_SCRIPT = """#!/bin/sh
# epmd and the server, ended together
PATH={erlang}:/usr/sbin:/usr/bin:/bin
HOME={home}
ERL_EPMD_PORT={epmd_port} ERL_EPMD_ADDRESS=127.0.0.1
RABBITMQ_NODENAME=watchword{port}@localhost
RABBITMQ_MNESIA_BASE={home}/data RABBITMQ_LOG_BASE={home} RABBITMQ_LOGS=-
RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT={port} RABBITMQ_DIST_PORT={dist_port}
RABBITMQ_CONFIG_FILE={home}/rabbitmq.conf RABBITMQ_CONF_ENV_FILE={home}/rabbitmq-env.conf
RABBITMQ_ENABLED_PLUGINS_FILE={home}/plugins RUNNING_UNDER_SYSTEMD=true
export PATH HOME ERL_EPMD_PORT ERL_EPMD_ADDRESS RABBITMQ_NODENAME RABBITMQ_MNESIA_BASE
export RABBITMQ_LOG_BASE RABBITMQ_LOGS RABBITMQ_NODE_IP_ADDRESS RABBITMQ_NODE_PORT
export RABBITMQ_DIST_PORT RABBITMQ_CONFIG_FILE RABBITMQ_CONF_ENV_FILE
export RABBITMQ_ENABLED_PLUGINS_FILE RUNNING_UNDER_SYSTEMD
epmd -address 127.0.0.1 -port {epmd_port} & epmd=$!
ending=
trap 'ending=yes; kill -TERM $server' TERM INT
until [ "$ending" ]; do
    sh {server} & server=$!
    echo $server >{home}/pid
    wait $server
    while [ -e {home}/down ] && ! [ "$ending" ]; do sleep 0.1; done
done
wait $server
kill $epmd
"""


@dataclass(slots=True, kw_only=True)
class Rabbit:
    """A running RabbitMQ."""

    url: str
    origin: str
    home: Path | None = None
    kept: Kept | None = None

    @classmethod
    def start(cls, folder: Path | None = None) -> "Rabbit":
        """Start a fresh server."""
        server, erlang, origin = find()
        home = Path(tempfile.mkdtemp(prefix="watchword-rabbitmq-", dir=folder))
        port, password = free_port(), secrets.token_urlsafe(16)
        for name, text in (
            ("rabbitmq.conf", f"default_user = {_USER}\ndefault_pass = {password}\n"),
            ("rabbitmq-env.conf", ""),
            ("plugins", "[]."),
            (
                "start",
                _SCRIPT.format(
                    erlang=erlang,
                    home=home,
                    server=server,
                    port=port,
                    epmd_port=free_port(),
                    dist_port=free_port(),
                ),
            ),
        ):
            (home / name).write_text(text)
        rabbit = cls(url=f"amqp://{_USER}:{password}@127.0.0.1:{port}/", origin=origin, home=home)
        rabbit._run()
        return rabbit

    @classmethod
    def at(cls, url: str) -> "Rabbit":
        """Use a given server."""
        return cls(url=url, origin="TEST_AMQP_URL")

    def stop(self) -> None:
        """End our own server; a given one stays."""
        if self.kept is not None:
            self.thaw()
            self.kept.stop()

    def freeze(self) -> None:
        """Let it do nothing, and answer nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def go_down(self) -> None:
        """End, and keep what it holds."""
        assert self.home is not None
        (self.home / "down").touch()
        os.kill(self.pid, signal.SIGTERM)
        _until(lambda: not self._listens())

    def come_up(self) -> None:
        """Start anew."""
        assert self.home is not None
        (self.home / "down").unlink()
        _until(self._listens)

    @property
    def pid(self) -> int:
        """Return the process of the server itself."""
        assert self.home is not None
        return int((self.home / "pid").read_text())

    def _run(self) -> None:
        assert self.home is not None
        self.kept = Kept.start("rabbitmq", ["sh", str(self.home / "start")], folder=self.home)
        self.kept.wait_until(self._answers, SECONDS_TO_START)

    def _answers(self) -> bool:
        assert self.kept is not None
        if not (self.kept.log.exists() and _READY in self.kept.log.read_text(errors="replace")):
            return False
        return self._listens()

    def _listens(self) -> bool:
        parts = urlsplit(self.url)
        with socket.socket() as probe:
            return probe.connect_ex((parts.hostname, parts.port)) == 0


def find(cache: Path = CACHE) -> tuple[Path, Path, str]:
    """Return the server's script, Erlang's folder of programs, and who brought them."""
    server, erlang = shutil.which("rabbitmq-server"), shutil.which("erl")
    if server and erlang:
        real = next(Path("/usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"), Path(server))
        return real, Path(erlang).resolve().parent, f"PATH ({server})"
    if root := debian.unpacked(cache, "rabbitmq-server", afterwards=_tell_erlang_where_it_is):
        script = next((root / "usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"))
        return script, root / "usr/lib/erlang/bin", f"Debian packages ({cache})"
    raise ServiceMissing(
        "RabbitMQ",
        fix="apt-get install rabbitmq-server, or set TEST_AMQP_URL",
        tried="TEST_AMQP_URL, PATH, the cache folder, Debian packages",
    )


def _tell_erlang_where_it_is(root: Path) -> None:
    starter = root / "usr/lib/erlang/bin/erl"
    text = starter.read_text()
    starter.write_text(re.sub(r"ROOTDIR=/usr/lib/erlang", f"ROOTDIR={root}/usr/lib/erlang", text))


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not holds():
        assert time.monotonic() < deadline, "RabbitMQ does not do as it is told"
        time.sleep(0.05)
