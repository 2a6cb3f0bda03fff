"""Owing: what a request pays for its event.

A wish for a new password is one event. It is asked of a service that tells nobody, and of one that owes it to
both brokers: two rows beside the fact, in the statement at the end of the transaction, and a notice. Neither
service carries or relays anything itself (RUN_WORKER=false), and no broker is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import time_ns

from benchmarks.ground import Ground
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, measure
from benchmarks.scripts import NUMBER, http_json
from benchmarks.servers import Server
from benchmarks.watchword import DATABASE, RESET_REQUEST, Service, running_service

NAME = "owing"
NOWHERE = "127.0.0.1:9"
DESTINATIONS = {
    "AMQP_ENABLED": "true",
    "AMQP_URL": f"amqp://benchmark:benchmark@{NOWHERE}/",
    "KAFKA_ENABLED": "true",
    "KAFKA_BROKERS": NOWHERE,
}


def asked(ground: Ground, server: Server, name: str, title: str) -> Contender:
    """Wishes for a new password, each for another mailbox: of one mailbox only a few are heeded."""
    request = http_json("POST", RESET_REQUEST, {"email": f"r{NUMBER.decode()}@example.org"})
    numbers = iter(range(time_ns() // 10**9 % 10**6 * 10**6, 10**12, 10**7))

    def take(seconds: float) -> Sample:
        # What earlier turns left is no burden of this one.
        ground.postgres.execute("truncate auth.outbox, auth.event_outbox", database=DATABASE)
        script = {"kind": "fresh", "request": request, "first": next(numbers)}
        good = ("200", "202")
        return measure(server, script, cores=ground.cores, seconds=seconds, good=good)

    return Contender(name=name, title=title, take=take)


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    silent = replace(service, env={**service.env, "RUN_WORKER": "false"})
    telling = replace(service, env={**silent.env, **DESTINATIONS})
    with (
        running_service(ground, silent, "watchword-silent", cache=True) as without,
        running_service(ground, telling, "watchword-telling", cache=True) as with_events,
    ):
        yield Contest(
            name=NAME,
            title="What a request pays for its event",
            contenders=[
                asked(ground, without, "silent", "Watchword, reset asked, no events"),
                asked(ground, with_events, "telling", "Watchword, reset asked, two owed"),
            ],
            aims=AIMS,
        )


AIMS = (
    Aim(over="telling", under="silent", most=1.1, figure="p50_ms"),
    Aim(over="telling", under="silent", most=1.1, figure="cpu_us"),
)
