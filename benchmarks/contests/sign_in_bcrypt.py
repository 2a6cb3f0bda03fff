"""Sign-in with bcrypt (cost 12), for the profiles that ask for it, beside its raw limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.contests.sign_in import attempts, driven, raw
from benchmarks.ground import Ground
from benchmarks.rounds import Aim, Contest
from benchmarks.watchword import PASSWORD, Service, crowd, running_service

NAME = "sign-in-bcrypt"


@contextmanager
def contest(ground: Ground, service: Service) -> Iterator[Contest]:
    with running_service(
        ground, service, "watchword-bcrypt", cache=True, hashing="bcrypt"
    ) as server:
        # The first sign-in after the change of algorithm hashes anew: it is not what we measure.
        crowd(server, service, "token", len(service.emails))
        known = [
            raw(ground, "hash", "raw limit, bcrypt cost 12", "bcrypt-12"),
            driven(ground, "watchword", "Watchword", server, attempts(service.emails, PASSWORD)),
        ]
        yield Contest(name=NAME, title="Sign-in with bcrypt", contenders=known, aims=AIMS)


AIMS = (Aim(over="watchword", under="hash", least=0.92),)
