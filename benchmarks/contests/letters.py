"""Letters: how many a second one worker writes and hands to a mail server, and how soon a code is there.

The worker runs in the service's own process, as it does unless told otherwise. In the first turn so many
letters wait in the outbox at once; in the second a code is asked for, again and again, on a system that
has nothing else to do, and the time counts from the API's answer until the mail server has the letter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from benchmarks.ground import Ground
from benchmarks.postman import PostmanPlan
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, run_module
from benchmarks.scripts import http_json
from benchmarks.servers import Server, free_port
from benchmarks.watchword import CODE_REQUEST, DATABASE, Service, running_service

NAME = "letters"
LETTERS_A_SECOND = 400
CODES_A_SECOND = 5


def postman(
    ground: Ground,
    service: Service,
    server: Server,
    *,
    letters: int,
    requests: dict[str, str] | None = None,
) -> Sample:
    plan = PostmanPlan(
        smtp_port=int(service.env["SMTP_PORT"]),
        port=server.port,
        env=service.env,
        letters=letters,
        every=1 / CODES_A_SECOND,
        requests=requests or {},
        server_pid=server.pid,
        server_core=ground.cores.server,
        load_core=ground.cores.load,
    )
    seen = run_module("benchmarks.postman", stdin=json.dumps(asdict(plan)))
    watched = seen["watched"]
    return Sample(
        rate=0.0 if requests else seen["rate"],
        p50_ms=seen["p50_ms"] if requests else 0.0,
        p99_ms=seen["p99_ms"] if requests else 0.0,
        cpu_us=watched["cpu"] / seen["letters"] * 1e6,
        errors=seen["errors"],
        server_core=watched["server_core"],
        foreign=watched["foreign"],
        load_core=watched["load_core"],
    )


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    # What earlier contests left in the outbox is carried by nobody here.
    ground.postgres.execute("truncate auth.outbox", database=DATABASE)
    service = replace(service, env={**service.env, "SMTP_PORT": str(free_port())})
    asking = {
        each: http_json("POST", CODE_REQUEST, {"email": each, "purpose": "sign_in"})
        for each in service.emails
    }
    with running_service(ground, service, "watchword-letters", cache=True) as server:

        def sent(seconds: float) -> Sample:
            number = max(100, round(seconds * LETTERS_A_SECOND))
            return postman(ground, service, server, letters=number)

        def code(seconds: float) -> Sample:
            number = max(10, round(seconds * CODES_A_SECOND))
            return postman(ground, service, server, letters=number, requests=asking)

        yield Contest(
            name=NAME,
            title="Letters",
            contenders=[
                Contender(name="letters-sent", title="Watchword, letters waiting", take=sent),
                Contender(name="code-arrives", title="Watchword, a code when idle", take=code),
            ],
            aims=AIMS,
            shown=("rate", "p50_ms", "p99_ms"),
            note="For letters the rate is how many a second arrived; for a code the times are from the"
            " API's answer until its letter was there.",
        )


AIMS = (
    Aim(over="letters-sent", least=300),
    Aim(over="code-arrives", most=100, figure="p50_ms"),
    Aim(over="code-arrives", most=500, figure="p99_ms"),
)
