"""Session check: "who am I?" with a valid session, thousands of times a second.

Every contender answers for sixty-four sessions in turn, from PostgreSQL unless it says otherwise;
the plain application answers with the bytes of Watchword's own answer, from nowhere. Watchword is
asked in both its ways: an opaque cookie (browsers) and a signed access token (API clients), whose
session is looked up as well, for a revoked one must be refused.
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
from benchmarks.watchword import ME, Service, Signed, answer_of, crowd, running_service

NAME = "session-check"


def gets(path: str, headers: Sequence[dict[str, str]]) -> dict[str, Any]:
    return {"kind": "cycle", "requests": [http("GET", path, headers=each) for each in headers]}


def bearers(tokens: Sequence[str]) -> list[dict[str, str]]:
    return [{"authorization": f"Bearer {token}"} for token in tokens]


def cookies(signed: Sequence[Signed]) -> list[dict[str, str]]:
    return [{"cookie": each.cookie} for each in signed]


def contender(
    ground: Ground, name: str, title: str, server: Server, script: dict[str, Any]
) -> Contender:
    def take(seconds: float) -> Sample:
        return measure(server, script, cores=ground.cores, seconds=seconds)

    return Contender(name=name, title=title, take=take)


def rivals(ground: Ground) -> list[Contender]:
    if not rivals_installed():
        return []
    users = ground.rival("fastapi_users_app")
    team = ground.rival("fastapi_sqlalchemy_app")
    return [
        contender(
            ground,
            "fastapi-users",
            "fastapi-users, database strategy",
            users.server,
            gets("/users/me", bearers(users.tokens)),
        ),
        contender(
            ground,
            "fastapi-sqlalchemy",
            "FastAPI + SQLAlchemy",
            team.server,
            gets("/me", bearers(team.tokens)),
        ),
    ]


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    with ExitStack() as stack:
        direct = stack.enter_context(running_service(ground, service, "watchword", cache=False))
        cached = stack.enter_context(
            running_service(ground, service, "watchword-cached", cache=True)
        )
        by_cookie = cookies(crowd(direct, service, "cookie"))
        by_token = bearers([each.access for each in crowd(direct, service, "token")])
        plainly = stack.enter_context(plain(ground, *answer_of(direct, ME, by_cookie[0])))
        known = [
            contender(ground, "plain", "plain ASGI app, same bytes", plainly, gets(ME, by_cookie)),
            *rivals(ground),
            contender(ground, "watchword", "Watchword", direct, gets(ME, by_cookie)),
            contender(
                ground, "watchword-token", "Watchword, access token", direct, gets(ME, by_token)
            ),
            contender(
                ground, "watchword-cached", "Watchword, cache on", cached, gets(ME, by_cookie)
            ),
            contender(
                ground,
                "watchword-cached-token",
                "Watchword, access token, cache on",
                cached,
                gets(ME, by_token),
            ),
        ]
        yield Contest(name=NAME, title="Session check", contenders=known, aims=AIMS)


AIMS = (
    Aim(over="watchword", under="fastapi-users", least=20),
    Aim(over="watchword", under="fastapi-sqlalchemy", least=6),
    Aim(over="watchword-cached", under="plain", least=0.6),
    Aim(over="watchword-token", under="fastapi-users"),
    Aim(over="watchword-cached-token", under="plain"),
)
