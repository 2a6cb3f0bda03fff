"""Probes: how the world around us answers, step by step, for people who look for what is wrong.

Nothing here sends a letter, writes a key or prints a secret. Each probe gives up after some seconds.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException

from watchword.kernel.mail_server import MailServer, lacking, login_refused

PATIENCE: Final = timedelta(seconds=5)

FREE, OURS, BUSY = "free", "ours", "busy"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a probe; `detail` says what came of it, never an address of a person."""

    name: str
    good: bool
    detail: str


def posting(url: str, keys: int) -> str:
    """Say how what is posted to a web address is protected on its way."""
    way = "by TLS" if urlsplit(url).scheme == "https" else "without TLS"
    return f"{way}, signed with {keys} {'key' if keys == 1 else 'keys'}"


async def mail_steps(server: MailServer) -> AsyncIterator[Step]:
    """Go as far as a letter would, short of sending one: DNS, TCP, EHLO, STARTTLS, AUTH."""
    found = await resolve(server.host)
    yield found
    if not found.good:
        return
    line = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.implicit_tls,
        start_tls=False,
        tls_context=server.tls,
        timeout=PATIENCE.total_seconds(),
    )
    steps: list[tuple[str, Callable[[], Awaitable[Any]]]] = [("TCP", line.connect)]
    steps.append(("EHLO", line.ehlo))
    if server.starttls:
        steps.append(("STARTTLS", line.starttls))
    if server.user:
        steps.append(("AUTH", lambda: line.login(server.user, server.password.reveal())))
    try:
        for name, take in steps:
            step = await _try(name, take)
            yield step
            if not step.good:
                return
    finally:
        with contextlib.suppress(SMTPException, OSError):
            await line.quit(timeout=1)
        line.close()


async def redis_steps(url: str) -> AsyncIterator[Step]:
    """Ask Redis: does it answer, where is it, how far away, how full."""
    from redis.asyncio import Redis  # noqa: PLC0415 - an extra
    from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

    seconds = PATIENCE.total_seconds()
    client = Redis.from_url(url, socket_timeout=seconds, socket_connect_timeout=seconds)
    parts = urlsplit(url)
    try:
        started = time.perf_counter()
        await client.ping()
        away = (time.perf_counter() - started) * 1000
        yield Step("PING", good=True, detail=f"answers in {away:.1f} ms")
        yield Step(
            "address",
            good=True,
            detail=parts.path if not parts.hostname else parts.netloc.rpartition("@")[2],
        )
        memory = await client.info("memory")
        yield _memory(memory)
    except (RedisError, OSError, TimeoutError) as trouble:
        yield Step("PING", good=False, detail=type(trouble).__name__)
    finally:
        await client.aclose()


def _memory(info: dict[str, Any]) -> Step:
    most = int(info.get("maxmemory", 0))
    used = int(info.get("used_memory", 0))
    policy = str(info.get("maxmemory_policy", ""))
    text = f"{used >> 20} MiB of {f'{most >> 20} MiB' if most else 'no limit'}, {policy}"
    evicts = bool(most) and policy not in {"", "noeviction"}
    return Step("memory", good=not evicts, detail=text)


async def resolve(host: str) -> Step:
    """Ask what addresses a host name has."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, None, type=socket.SOCK_STREAM
            )
    except (OSError, UnicodeError) as trouble:
        return Step("DNS", good=False, detail=f"{host}: {type(trouble).__name__}")
    addresses = sorted({str(each[4][0]) for each in found})
    return Step("DNS", good=True, detail=", ".join(addresses[:4]))


async def port_state(host: str, port: int) -> str:
    """Tell who listens there: nobody, this service, or somebody else."""
    wildcard = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared only
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            reader, writer = await asyncio.open_connection(wildcard.get(host, host), port)
            writer.write(b"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read(4096)
            writer.close()
    except (OSError, TimeoutError) as trouble:
        return FREE if isinstance(trouble, ConnectionRefusedError) else BUSY
    return OURS if b'"alive"' in answer else BUSY


async def _try(name: str, take: Callable[[], Awaitable[Any]]) -> Step:
    try:
        await take()
    except SMTPAuthenticationError as refusal:
        return Step(name, good=False, detail=login_refused(refusal.code))
    except (SMTPException, OSError, TimeoutError) as trouble:
        code = getattr(trouble, "code", None)
        lacks = lacking(str(trouble)) if type(trouble) is SMTPException else None
        detail = lacks or " ".join(
            [type(trouble).__name__, *([str(code)] if code is not None else [])]
        )
        return Step(name, good=False, detail=detail)
    return Step(name, good=True, detail="ok")
