"""Starting: from settings to a listening service, step by step, saying what happens."""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable

import uvloop

from watchword.app import diagnosing, reloading
from watchword.app import worker as jobs
from watchword.app.building import configure_logs
from watchword.app.hangup import heeds_hangup, take_level
from watchword.app.listening import bind
from watchword.app.reading import (
    BEGUN,
    SECRETS,
    VAR,
    is_assumed,
    lacks_first_secret,
    read_settings,
)
from watchword.app.serve import serve
from watchword.app.settings import Settings, SettingsRefused
from watchword.app.settings.catalogue import secret_names
from watchword.app.settings.checks.secrecy import DEVELOPMENT_MARK
from watchword.app.settings.derivation import ROOT
from watchword.app.stopping import Asked
from watchword.app.supervisor import supervise
from watchword.app.wiring import House
from watchword.flows.setup.service import Setup
from watchword.kernel.chance import SystemChance
from watchword.migrations import migrate
from watchword.operations.configuration.service import fill
from watchword.operations.diagnosis.rules import DiagnosisSettings
from watchword.plumbing.commands import console
from watchword.plumbing.logs.logger import log
from watchword.plumbing.metrics.board import Board, BoardSlot
from watchword.plumbing.settings import DatabaseSettings, ServerSettings

_NOWHERE = "metrics are told nowhere: set WORKER_METRICS_PORT"
_ASSUMED = (
    f"Taken as development, because one was begun here ({BEGUN}): letters and codes can be read at"
    " /dev/mail. Say APP_ENV=production where people are served."
)


def start(*, dev: bool, reload: bool = False) -> int:
    """Serve until asked to stop; return the exit code."""
    environ = dict(os.environ)
    if dev:
        VAR.mkdir(mode=0o700, exist_ok=True)
        fill(SECRETS, secret_names(), SystemChance(), mark=DEVELOPMENT_MARK)
        BEGUN.touch(mode=0o600)
    settings = _read(environ, dev=dev)
    if (dev or reload) and not settings.section(ServerSettings).development:
        option = "--dev" if dev else "--reload"
        _say(f"{option} is for development: leave it out, or say APP_ENV=development.")
        return 1
    if not dev and settings.section(ServerSettings).development and is_assumed(settings):
        sys.stderr.write(f"{_ASSUMED}\n")
    if reload:
        return reloading.run(["serve", *(["--dev"] if dev else [])])
    if dev:
        return _start_development(environ, settings)
    configure_logs(settings)
    diagnosing.ignore()
    for warning in settings.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    server = settings.section(ServerSettings)
    listener, metrics = _listen(server)
    if server.workers == 1:
        uvloop.run(serve(settings, listener, metrics))
        return 0
    places = [BoardSlot() for _ in range(server.workers)]

    def run(index: int, ready: Callable[[], None], asked: Asked) -> None:
        board = Board(places, index)

        async def tell(_house: House) -> None:
            ready()

        uvloop.run(serve(settings, listener, metrics, board=board, on_ready=tell, asked=asked))

    on_hangup = _take_level if heeds_hangup(settings) else None
    ours = [each for each in (listener, metrics) if each]
    passed_on = diagnosing.SIGNALS if settings.section(DiagnosisSettings).folder else ()
    return supervise(server.workers, run, ours, on_hangup, passed_on)


def _read(environ: dict[str, str], *, dev: bool) -> Settings:
    """Read the settings; a development that has no secret at all is given its first one."""
    try:
        return read_settings(environ, dev=dev)
    except SettingsRefused as refusal:
        if not lacks_first_secret(environ, refusal):
            raise
        try:
            VAR.mkdir(mode=0o700, exist_ok=True)
            fill(SECRETS, [ROOT], SystemChance(), mark=DEVELOPMENT_MARK)
        except OSError:
            raise refusal from None
    sys.stderr.write(f"warning: {ROOT}: was missing; {SECRETS / ROOT} holds one for development.\n")
    return read_settings(environ, dev=dev)


def _take_level() -> None:
    """Take the log's level for the processes that are started later; each tells of its own."""
    with contextlib.suppress(SettingsRefused):
        take_level()


def work() -> int:
    """Run the jobs alone until asked to stop; return the exit code."""
    settings = read_settings(dict(os.environ))
    configure_logs(settings)
    uvloop.run(jobs.work(settings, _listen_beside(settings.section(ServerSettings))))
    return 0


def _listen(
    server: ServerSettings, *, next_free: bool = False
) -> tuple[socket.socket, socket.socket | None]:
    """Take the service's port, and that of its metrics where they have one; or say why not."""
    listener = _bind(server.host, "PORT", server.port, next_free)
    if not (server.metrics_enabled and server.metrics_port):
        return listener, None
    return listener, _bind(server.host, "METRICS_PORT", server.metrics_port, next_free)


def _listen_beside(server: ServerSettings) -> socket.socket | None:
    """Take the port where the worker tells how it is; letters leave even if another program has it.

    A port that was asked for by name is taken or refused, as the service's own.
    """
    port = server.worker_metrics_port
    if not port:
        if server.metrics_enabled and server.told_worker_port is None:
            log().warning(_NOWHERE)
        return None
    if server.told_worker_port is not None:
        return _bind(server.host, "WORKER_METRICS_PORT", port, next_free=False)
    try:
        return bind(server.host, port)
    except OSError:
        log().warning(_NOWHERE, port=port)
        return None


def _bind(host: str, name: str, port: int, next_free: bool) -> socket.socket:  # noqa: FBT001
    try:
        return bind(host, port, next_free=next_free)
    except OSError as error:
        raise console.refuse(
            f"Port {port} of {host} cannot be listened on ({error.strerror}):"
            f" choose another with {name}=..., or stop what listens there."
        ) from error


def _start_development(environ: dict[str, str], settings: Settings) -> int:
    started = time.monotonic()
    database = settings.section(DatabaseSettings)
    asyncio.run(migrate.up(database.direct_url, tls=database.tls_context()))
    _step(3, "Keys and database in var/", time.monotonic() - started)
    server = settings.section(ServerSettings)
    listener, metrics = _listen(server, next_free=True)
    port = listener.getsockname()[1]
    if port != server.port:
        _say(f"      Port {server.port} is busy: taking {port}.")
    if settings.given("WEB_CONCURRENCY") and server.workers > 1:
        _say("      Development serves with one process: WEB_CONCURRENCY counts without --dev.")
    _derive_addresses(environ, port, metrics)
    settings = read_settings(environ, dev=True)
    configure_logs(settings, quiet=True, unless_asked=True)

    async def ready(house: House) -> None:
        _step(
            4,
            f"Listening on {settings.section(ServerSettings).public_url}",
            time.monotonic() - started,
        )
        await _addresses(house)

    uvloop.run(serve(settings, listener, metrics, on_ready=ready))
    _say("Stopped.")
    return 0


def _derive_addresses(environ: dict[str, str], port: int, metrics: socket.socket | None) -> None:
    environ["PORT"] = str(port)
    if metrics is not None:
        environ["METRICS_PORT"] = str(metrics.getsockname()[1])


async def _addresses(house: House) -> None:
    """Print where everything is."""
    server = house.part(ServerSettings)
    url = server.public_url
    link = await house.part(Setup).offer()
    lines = []
    if link:
        lines.append(("Create the first admin", f"{link}   (once, 30 min)"))
    lines += [
        ("Sign in / register", f"{url}/"),
        ("Mailbox and SMS (dev)", f"{url}/dev/mail"),
        ("API reference", f"{url}/docs"),
    ]
    if server.metrics_enabled:
        lines.append(("Metrics", _metrics_url(server)))
    _say("")
    for label, value in lines:
        _say(f"  {label:<23} {value}")
    _say("")
    _say(
        "  Development profile: mails and SMS stay on this machine.  "
        f"Something odd? {_command()} doctor   Stop: Ctrl+C"
    )


def _command() -> str:
    """Return what to type for `watchword`: its path, where the shell would not find it by its name."""
    if shutil.which("watchword"):
        return "watchword"
    return os.path.relpath(sys.argv[0])


def _metrics_url(server: ServerSettings) -> str:
    return f"http://localhost:{server.metrics_port or server.port}/metrics"


def _step(number: int, text: str, seconds: float) -> None:
    _say(f"[{number}/4] {text:<50}{seconds:6.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
