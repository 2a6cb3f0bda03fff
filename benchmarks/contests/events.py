"""Events: how many a second one relay publishes, and how soon one is there.

The relay runs in the service's own process, as it does unless told otherwise. RabbitMQ is a real server;
Kafka is librdkafka's mock cluster, which speaks the protocol and keeps nothing on disk. Both share the
core of PostgreSQL. A backlog is of a thousand accounts, whose events go one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from benchmarks.ground import Ground
from benchmarks.listener import ListenerPlan
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, run_module
from benchmarks.servers import Server
from benchmarks.watchword import DATABASE, Service, running_service
from tests.support.brokers import MockKafka
from tests.support.services.rabbitmq import Rabbit

NAME = "events"
EVENTS_A_SECOND = 2000
SINGLE_A_SECOND = 20


def told(
    ground: Ground, env: dict[str, str], server: Server, *, events: int, every: float = 0
) -> Sample:
    plan = ListenerPlan(
        env=env,
        events=events,
        every=every,
        server_pid=server.pid,
        server_core=ground.cores.server,
        load_core=ground.cores.load,
    )
    seen = run_module("benchmarks.listener", stdin=json.dumps(asdict(plan)))
    watched = seen["watched"]
    return Sample(
        rate=seen["rate"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        cpu_us=watched["cpu"] / events * 1e6,
        errors=seen["errors"],
        server_core=watched["server_core"],
        foreign=watched["foreign"],
        load_core=watched["load_core"],
    )


def relayed(
    ground: Ground, service: Service, broker: dict[str, str], server: Server, title: str
) -> list[Contender]:
    """A backlog and single events, to one broker."""
    env = {**service.env, **broker}

    def backlog(seconds: float) -> Sample:
        return told(ground, env, server, events=max(1000, round(seconds * EVENTS_A_SECOND)))

    def single(seconds: float) -> Sample:
        number = max(20, round(seconds * SINGLE_A_SECOND))
        return told(ground, env, server, events=number, every=1 / SINGLE_A_SECOND)

    name = title.lower()
    return [
        Contender(name=f"{name}-backlog", title=f"Watchword, a backlog to {title}", take=backlog),
        Contender(name=f"{name}-single", title=f"Watchword, one to {title}", take=single),
    ]


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    rabbit = Rabbit.start()
    ground.stack.callback(rabbit.stop)
    cluster = MockKafka()
    brokers = {
        "RabbitMQ": {
            "AMQP_ENABLED": "true",
            "AMQP_URL": rabbit.url,
            "AMQP_EXCHANGE": "benchmark",
        },
        "Kafka": {
            "KAFKA_ENABLED": "true",
            "KAFKA_BROKERS": cluster.servers,
            "KAFKA_TOPIC": "benchmark",
        },
    }
    ground.postgres.execute("truncate auth.outbox, auth.event_outbox", database=DATABASE)

    told_both = replace(service, env={**service.env, **brokers["RabbitMQ"], **brokers["Kafka"]})
    with running_service(ground, told_both, "watchword-events", cache=True) as server:
        yield Contest(
            name=NAME,
            title="Events",
            contenders=[
                each
                for title, broker in brokers.items()
                for each in relayed(ground, service, broker, server, title)
            ],
            aims=AIMS,
            note="For a backlog the rate is how many events a second were confirmed by the broker and"
            " written down; for one event the times are from its commit until a reader of the broker has it.",
        )


AIMS = (
    Aim(over="rabbitmq-backlog", least=2000),
    Aim(over="kafka-backlog", least=2000),
    Aim(over="rabbitmq-single", most=150, figure="p99_ms"),
    Aim(over="kafka-single", most=150, figure="p99_ms"),
)
