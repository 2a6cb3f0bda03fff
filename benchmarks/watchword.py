"""Watchword under measure: as in production, with one worker and the limits raised.

    Service.installed(ground)     a migrated database, secrets, verified accounts (once per run)
    running_service(...)          a server on the server's core, with or without its session cache
    crowd(server, service, how)   new sessions: cookies for browsers, or tokens for API clients

Row-level security, metrics, logs (to a file), rate limits and the outbox stay on while measured.
Raised are only the numbers of the limits, since one client asks for all.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.scripts import BY_TLS
from benchmarks.servers import ROOT, Server, free_port, running
from tests.support.services.smtp import SmtpSink

COMMAND = str(Path(sys.executable).with_name("watchword"))
PASSWORD = "a quiet harbour at dawn, seen"
MANY = "100000000"
SECRETS = (
    "JWT_SECRET",
    "JWT_REFRESH_SECRET",
    "JWT_RESET_SECRET",
    "SESSION_SECRET",
    "CSRF_SECRET",
    "PEPPER",
)
LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"
REFRESH = "/api/v1/auth/refresh"
REGISTER = "/api/v1/auth/register"
CODE_REQUEST = "/api/v1/auth/otp/request"
RESET_REQUEST = "/api/v1/auth/password-reset/request"
ACCOUNTS = 16
SESSIONS = 64
DATABASE = "watchword"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a client holds after sign-in: a cookie, or the two tokens."""

    cookie: str
    access: str
    refresh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    env: dict[str, str]
    emails: tuple[str, ...]

    @classmethod
    def installed(cls, ground: Ground) -> Service:
        sink = SmtpSink.start()
        ground.stack.callback(sink.stop)
        env = environment(ground.postgres.create_database(DATABASE), sink.port)
        command(env, "migrate", "up")
        emails = tuple(f"person{number}@example.org" for number in range(ACCOUNTS))
        for email in emails:
            command(
                env,
                *("users", "create", "--email", email),
                *("--password-stdin", "--verified", "--json"),
                stdin=PASSWORD,
            )
        ground.postgres.execute("analyze", database=DATABASE)
        return cls(env=env, emails=emails)


def environment(database_url: str, smtp_port: int) -> dict[str, str]:
    limits = ("RATE_LIMIT_AUTH", "RATE_LIMIT_API", "RATE_LIMIT_OTP")
    return {
        **{name: secrets.token_urlsafe(64) for name in SECRETS},
        **dict.fromkeys(limits, f"{MANY}/60000"),
        "MAX_LOGIN_ATTEMPTS": "100",
        "APP_ENV": "production",
        "APP_PROFILE": "generic",
        "HOST": "127.0.0.1",
        "PUBLIC_BASE_URL": "https://auth.example.test",
        "TRUSTED_PROXIES": "127.0.0.1",
        "DATABASE_URL": database_url,
        "DB_SSL": "false",
        "REDIS_REQUIRED": "false",
        "WEB_CONCURRENCY": "1",
        "PASSWORD_HASH": "argon2id",
        "LOG_LEVEL": "info",
        "EMAIL_FROM": "Watchword <no-reply@auth.example.test>",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
    }


def command(env: dict[str, str], *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"watchword {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def running_service(
    ground: Ground, service: Service, name: str, *, cache: bool, hashing: str = "argon2id"
) -> Iterator[Server]:
    port = free_port()
    env = {
        **service.env,
        "PORT": str(port),
        "METRICS_PORT": str(free_port()),
        "SESSION_CACHE": "on" if cache else "off",
        "PASSWORD_HASH": hashing,
    }
    with running(
        name,
        [COMMAND, "serve"],
        core=ground.cores.server,
        port=port,
        folder=ground.folder,
        env=env,
        ready="/live",
    ) as server:
        yield server


def sign_in(server: Server, email: str, transport: str) -> Signed:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    body = json.dumps({"email": email, "password": PASSWORD, "transport": transport})
    connection.request("POST", LOGIN, body, {"content-type": "application/json", **BY_TLS})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"sign-in answered {answer.status}: {content[:500]!r}")
    given = json.loads(content)
    return Signed(
        cookie="; ".join(
            value.split(";")[0]
            for name, value in answer.getheaders()
            if name.lower() == "set-cookie" and "session=" in value
        ),
        access=given.get("access_token") or "",
        refresh=given.get("refresh_token") or "",
    )


def crowd(server: Server, service: Service, transport: str, many: int = SESSIONS) -> list[Signed]:
    """So many new sessions, spread over the accounts."""
    return [sign_in(server, service.emails[index % ACCOUNTS], transport) for index in range(many)]


def answer_of(server: Server, path: str, headers: dict[str, str]) -> tuple[list[list[str]], str]:
    """The headers and the body of one answer, for the plain application to repeat."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers={**headers, **BY_TLS})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {body[:500]}")
    return [[name.lower(), value] for name, value in answer.getheaders()], body
