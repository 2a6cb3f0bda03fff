"""What writes: asking for a code, and registering.

Beside them the durable commits a second that PostgreSQL gives a bare client on the same core, and
the raw hash limit, for a registration hashes a password. Each registration is a new address; codes
are asked for the same few accounts. Letters leave through the outbox to a sink on the other core.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import time_ns

from benchmarks.contests.sign_in import raw
from benchmarks.ground import Ground
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, floor, measure
from benchmarks.scripts import NUMBER, http_json
from benchmarks.servers import Server
from benchmarks.watchword import CODE_REQUEST, PASSWORD, REGISTER, Service, running_service

NAME = "writes"


def codes(ground: Ground, service: Service, server: Server) -> Contender:
    requests = [
        http_json("POST", CODE_REQUEST, {"email": each, "purpose": "sign_in"})
        for each in service.emails
    ]

    def take(seconds: float) -> Sample:
        script = {"kind": "cycle", "requests": requests}
        good = ("200", "202")
        return measure(server, script, cores=ground.cores, seconds=seconds, good=good)

    return Contender(name="code-request", title="Watchword, code request", take=take)


def registrations(ground: Ground, server: Server) -> Contender:
    person = {
        "email": f"n{NUMBER.decode()}@example.org",
        "password": PASSWORD,
        "firstName": "Alice",
        "lastName": "Martin",
    }
    request = http_json("POST", REGISTER, person)
    # Far apart from round to round, so that no address comes twice.
    numbers = iter(range(time_ns() // 10**9 % 10**6 * 10**6, 10**12, 10**7))

    def take(seconds: float) -> Sample:
        script = {"kind": "fresh", "request": request, "first": next(numbers)}
        good = ("200", "201", "202")
        return measure(
            server, script, cores=ground.cores, seconds=seconds, connections=4, good=good
        )

    return Contender(name="registration", title="Watchword, registration", take=take)


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    url = ground.postgres.create_database("floor_commits")

    def bare(seconds: float) -> Sample:
        return floor(url, refresh=False, cores=ground.cores, seconds=seconds)

    with running_service(ground, service, "watchword-writes", cache=True) as server:
        known = [
            Contender(name="commits", title="durable commits, bare asyncpg", take=bare),
            codes(ground, service, server),
            raw(ground, "hash", "raw limit, argon2id 19 MiB t=2 p=1", "argon2id"),
            registrations(ground, server),
        ]
        yield Contest(name=NAME, title="Code request and registration", contenders=known, aims=AIMS)


AIMS = (
    Aim(over="code-request", under="commits"),
    Aim(over="registration", under="hash"),
    Aim(over="registration", under="commits"),
)
