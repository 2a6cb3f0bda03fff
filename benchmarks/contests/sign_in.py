"""Sign-in: a password is verified, a session begins; or not, in the same time.

The raw hash limit is what one core can verify when it does nothing else. A service that comes near
it wastes nothing; fastapi-users hashes with other parameters and so has a limit of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from benchmarks.ground import Ground, Rival, rivals_installed
from benchmarks.rounds import Aim, Contender, Contest
from benchmarks.samples import Sample, hash_limit, measure
from benchmarks.scripts import http

NAME = "sign-in"


def raw(ground: Ground, name: str, title: str, algorithm: str) -> Contender:
    def take(seconds: float) -> Sample:
        return hash_limit(algorithm, cores=ground.cores, seconds=seconds)

    return Contender(name=name, title=title, take=take)


def rival_sign_in(ground: Ground, known: Rival) -> Contender:
    form = urlencode({"username": known.email, "password": known.password})
    request = http(
        "POST",
        "/auth/login",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=form,
    )

    def take(seconds: float) -> Sample:
        script = {"kind": "cycle", "requests": [request]}
        return measure(known.server, script, cores=ground.cores, seconds=seconds, connections=8)

    return Contender(name="fastapi-users", title="fastapi-users", take=take)


@contextmanager
def contest(ground: Ground) -> Iterator[Contest]:
    known = [raw(ground, "hash", "raw limit, argon2id 19 MiB t=2 p=1", "argon2id")]
    if rivals_installed():
        users = ground.rival("fastapi_users_app")
        known += [
            raw(ground, "hash-rival", "raw limit, pwdlib's argon2id", "argon2id-pwdlib"),
            rival_sign_in(ground, users),
        ]
    yield Contest(name=NAME, title="Sign-in by password", contenders=known, aims=AIMS)


AIMS = (
    Aim(over="watchword", under="hash", least=0.92),
    Aim(over="watchword-wrong", under="hash", least=0.92),
    Aim(over="watchword-unknown", under="hash", least=0.92),
    Aim(over="fastapi-users", under="hash-rival"),
)
