"""Sign-in: a password is verified, a session begins; or not, in the same time.

The raw hash limit is what one core can verify when it does nothing else. A service that comes near
it wastes nothing; fastapi-users hashes with other parameters and so has a limit of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import time_ns
from typing import Any
from urllib.parse import urlencode

from benchmarks.ground import Ground, Rival, rivals_installed
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, hash_limit, measure
from benchmarks.scripts import NUMBER, http, http_json
from benchmarks.servers import Server
from benchmarks.watchword import ACCOUNTS, LOGIN, PASSWORD, Service, crowd, running_service

NAME = "sign-in"
CONNECTIONS = 4
# A turn must hold many answers, and one takes some hundredths of a second.
LEAST_SECONDS = 1.5


def raw(ground: Ground, name: str, title: str, algorithm: str) -> Contender:
    def take(seconds: float) -> Sample:
        return hash_limit(algorithm, cores=ground.cores, seconds=max(seconds, LEAST_SECONDS))

    return Contender(name=name, title=title, take=take)


def driven(
    ground: Ground,
    name: str,
    title: str,
    server: Server,
    script: dict[str, Any],
    *,
    good: str = "200",
    before: Callable[[], object] = lambda: None,
) -> Contender:
    """``before`` prepares each turn, unmeasured."""

    def take(seconds: float) -> Sample:
        before()
        return measure(
            server,
            script,
            cores=ground.cores,
            seconds=max(seconds, LEAST_SECONDS),
            connections=CONNECTIONS,
            good=(good,),
        )

    return Contender(name=name, title=title, take=take)


def rival_request(known: Rival) -> str:
    return http(
        "POST",
        "/auth/login",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode({"username": known.email, "password": known.password}),
    )


def attempts(emails: Sequence[str], password: str) -> dict[str, Any]:
    requests = [http_json("POST", LOGIN, {"email": each, "password": password}) for each in emails]
    return {"kind": "cycle", "requests": requests}


def strangers(password: str) -> dict[str, Any]:
    """Addresses without an account; none comes twice in a turn, for each bears few guesses."""
    stranger = {"email": f"stranger{NUMBER.decode()}@example.org", "password": password}
    return {
        "kind": "fresh",
        "request": http_json("POST", LOGIN, stranger),
        "first": time_ns() % 10**11,
    }


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    wrong = PASSWORD[::-1]
    with running_service(ground, service, "watchword-sign-in", cache=True) as server:
        known = [
            raw(ground, "hash", "raw limit, argon2id 19 MiB t=2 p=1", "argon2id"),
            driven(ground, "watchword", "Watchword", server, attempts(service.emails, PASSWORD)),
            driven(
                ground,
                "watchword-wrong",
                "Watchword, wrong password",
                server,
                attempts(service.emails, wrong),
                good="401",
                # A right sign-in forgives an account its guesses; else it would lock.
                before=lambda: crowd(server, service, "token", ACCOUNTS),
            ),
            driven(
                ground,
                "watchword-unknown",
                "Watchword, unknown account",
                server,
                strangers(wrong),
                good="401",
            ),
        ]
        if rivals_installed():
            users = ground.rival("fastapi_users_app")
            script = {"kind": "cycle", "requests": [rival_request(users)]}
            known += [
                raw(ground, "hash-rival", "raw limit, pwdlib's argon2id", "argon2id-pwdlib"),
                driven(ground, "fastapi-users", "fastapi-users", users.server, script),
            ]
        yield Contest(name=NAME, title="Sign-in by password", contenders=known, aims=AIMS)


AIMS = (
    Aim(over="watchword", under="hash", least=0.92),
    Aim(over="watchword-wrong", under="hash", least=0.92),
    Aim(over="watchword-unknown", under="hash", least=0.92),
    Aim(over="fastapi-users", under="hash-rival"),
)
