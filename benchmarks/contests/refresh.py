"""Refresh: a spent token for a new pair, one transaction and one signature.

The floor does the same statements on the same tables over bare asyncpg, with one ES256 signature, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.ground import Ground
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, floor, measure
from benchmarks.servers import Server
from benchmarks.watchword import REFRESH, Service, crowd, running_service

NAME = "refresh"
CONNECTIONS = 16


def refreshing(ground: Ground, service: Service, server: Server) -> Contender:
    """Each turn takes up the chain where the last one left it."""
    tokens = [each.refresh for each in crowd(server, service, "token", CONNECTIONS)]

    def take(seconds: float) -> Sample:
        script = {"kind": "chain", "path": REFRESH, "name": "refresh_token", "tokens": tokens}
        sample = measure(
            server, script, cores=ground.cores, seconds=seconds, connections=CONNECTIONS
        )
        tokens[:] = sample.carry
        return sample

    return Contender(name="watchword", title="Watchword", take=take)


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    url = service.env["DATABASE_URL"]

    def bare(seconds: float) -> Sample:
        return floor(url, refresh=True, cores=ground.cores, seconds=seconds)

    with running_service(ground, service, "watchword-refresh", cache=True) as server:
        known = [
            Contender(name="floor", title="bare asyncpg and one ES256 signature", take=bare),
            refreshing(ground, service, server),
        ]
        yield Contest(name=NAME, title="Refresh", contenders=known, aims=AIMS)


AIMS = (Aim(over="watchword", under="floor", least=0.6),)
