"""Who waits when logins saturate the machine? Session checks must not.

Two hundred session checks a second leave by the clock (an open loop); beside them, in every other
turn, sixteen clients sign in as fast as they can. The rival hashes on its event loop, as its
package does out of the box.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from benchmarks.contests.session_check import bearers, cookies
from benchmarks.contests.sign_in import attempts, rival_request
from benchmarks.ground import Ground, rivals_installed
from benchmarks.load import LoadPlan
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, measure_paced
from benchmarks.servers import ROOT, Server
from benchmarks.watchword import ME, PASSWORD, Service, crowd, running_service

NAME = "beside-logins"
RATE = 200.0
CLIENTS = 8
LOGINS_AT_ONCE = 16
BEFORE = 1.0


@contextmanager
def saturated(
    ground: Ground, server: Server, logins: dict[str, Any], seconds: float
) -> Iterator[None]:
    """Sign-ins from before the measure begins until after it ends."""
    plan = LoadPlan(
        port=server.port,
        script=logins,
        seconds=seconds + 2 * BEFORE,
        server_pid=server.pid,
        server_core=ground.cores.server,
        load_core=ground.cores.load,
        connections=LOGINS_AT_ONCE,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    try:
        if process.stdin:
            process.stdin.write(json.dumps(asdict(plan)))
            process.stdin.close()
        time.sleep(BEFORE)
        yield
    finally:
        process.wait(seconds + 30)


def pair(
    ground: Ground,
    name: str,
    title: str,
    server: Server,
    *,
    path: str,
    headers: list[dict[str, str]],
    logins: dict[str, Any],
) -> list[Contender]:
    def idle(seconds: float) -> Sample:
        return measure_paced(server, path, headers, cores=ground.cores, rate=RATE, seconds=seconds)

    def busy(seconds: float) -> Sample:
        with saturated(ground, server, logins, seconds):
            return idle(seconds)

    return [
        Contender(name=name, title=f"{title}, idle", take=idle),
        Contender(name=f"{name}-busy", title=f"{title}, logins beside", take=busy),
    ]


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    with running_service(ground, service, "watchword-beside", cache=False) as server:
        known = pair(
            ground,
            "watchword",
            "Watchword",
            server,
            path=ME,
            headers=cookies(crowd(server, service, "cookie", CLIENTS)),
            logins=attempts(service.emails, PASSWORD),
        )
        if rivals_installed():
            users = ground.rival("fastapi_users_app")
            known += pair(
                ground,
                "fastapi-users",
                "fastapi-users",
                users.server,
                path="/users/me",
                headers=bearers(users.tokens[:CLIENTS]),
                logins={"kind": "cycle", "requests": [rival_request(users)]},
            )
        yield Contest(
            name=NAME,
            title="Session checks while logins saturate the machine",
            contenders=known,
            aims=AIMS,
            shown=("rate", "p50_ms", "p99_ms"),
        )


AIMS = (
    Aim(over="watchword-busy", under="watchword", most=5, figure="p99_ms"),
    Aim(over="fastapi-users-busy", under="fastapi-users", figure="p99_ms"),
)
