"""Session check: "who am I?" with a valid session, thousands of times a second.

Every contender answers for sixty-four sessions in turn, from PostgreSQL unless it says otherwise;
the plain application answers with the bytes of Watchword's own answer, from nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.ground import Ground, plain, rivals_installed
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, measure
from benchmarks.scripts import http
from benchmarks.servers import Server

NAME = "session-check"


def bearers(path: str, tokens: Sequence[str]) -> dict[str, Any]:
    requests = [http("GET", path, headers={"authorization": f"Bearer {each}"}) for each in tokens]
    return {"kind": "cycle", "requests": requests}


def contender(
    ground: Ground, name: str, title: str, server: Server, script: dict[str, Any]
) -> Contender:
    def take(seconds: float) -> Sample:
        return measure(server, script, cores=ground.cores, seconds=seconds)

    return Contender(name=name, title=title, take=take)


SAMPLE_HEADERS = [("content-type", "application/json"), ("content-length", "2")]


@contextmanager
def contest(ground: Ground) -> Iterator[Contest]:
    with ExitStack() as stack:
        plain_server = stack.enter_context(plain(ground, SAMPLE_HEADERS, "{}"))
        known = [
            contender(ground, "plain", "plain ASGI app", plain_server, bearers("/me", ["x" * 43]))
        ]
        if rivals_installed():
            users = ground.rival("fastapi_users_app")
            team = ground.rival("fastapi_sqlalchemy_app")
            known += [
                contender(
                    ground,
                    "fastapi-users",
                    "fastapi-users, database strategy",
                    users.server,
                    bearers("/users/me", users.tokens),
                ),
                contender(
                    ground,
                    "fastapi-sqlalchemy",
                    "FastAPI + SQLAlchemy",
                    team.server,
                    bearers("/me", team.tokens),
                ),
            ]
        yield Contest(name=NAME, title="Session check", contenders=known, aims=AIMS)


AIMS = (
    Aim(over="watchword", under="fastapi-users", least=20),
    Aim(over="watchword", under="fastapi-sqlalchemy", least=6),
    Aim(over="watchword-cached", under="plain", least=0.6),
)
