"""Footprint: from start to the first answer, and the memory a process tree has used after work.

Every turn starts a fresh process; half of the turn asks session checks, half signs in. Memory is
the peak of the resident set, summed over the process and its children (shared pages count twice).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from benchmarks.contests.session_check import bearers, cookies, gets
from benchmarks.contests.sign_in import attempts, rival_request
from benchmarks.cores import usage
from benchmarks.ground import Ground, rival_server, rivals_installed
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, measure
from benchmarks.servers import Server
from benchmarks.watchword import ME, PASSWORD, Service, crowd, running_service

NAME = "footprint"


def worked(
    ground: Ground, server: Server, checks: dict[str, Any], logins: dict[str, Any], seconds: float
) -> Sample:
    first = measure(server, checks, cores=ground.cores, seconds=seconds / 2)
    second = measure(server, logins, cores=ground.cores, seconds=seconds / 2, connections=4)
    return replace(
        first,
        errors=first.errors + second.errors,
        start_ms=server.seconds_to_start * 1000,
        memory_mb=usage(server.pid).peak / 1e6,
    )


def watchword(ground: Ground, service: Service) -> Contender:
    def take(seconds: float) -> Sample:
        with running_service(ground, service, "watchword-fresh", cache=True) as server:
            checks = gets(ME, cookies(crowd(server, service, "cookie", 8)))
            return worked(ground, server, checks, attempts(service.emails, PASSWORD), seconds)

    return Contender(name="watchword", title="Watchword", take=take)


def fastapi_users(ground: Ground) -> Contender:
    known = ground.rival("fastapi_users_app")

    def fresh() -> AbstractContextManager[Server]:
        return rival_server(ground, "fastapi_users_app")

    def take(seconds: float) -> Sample:
        with fresh() as server:
            checks = gets("/users/me", bearers(known.tokens))
            logins = {"kind": "cycle", "requests": [rival_request(known)]}
            return worked(ground, server, checks, logins, seconds)

    return Contender(name="fastapi-users", title="fastapi-users", take=take)


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    known = [watchword(ground, service)]
    if rivals_installed():
        known.append(fastapi_users(ground))
    yield Contest(
        name=NAME,
        title="Cold start and memory",
        contenders=known,
        aims=AIMS,
        shown=("start_ms", "memory_mb"),
    )


AIMS = (
    Aim(over="watchword", most=1500, figure="start_ms"),
    Aim(over="watchword", most=90, figure="memory_mb"),
)
