"""A small document by HTTPS: from whom TLS vouches for, in good time, and never more than we need."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from tests.support.ports import free_port
from tests.support.relay import certificate
from tests.support.stub import HANG_UP, SILENCE, Stub, answer, stub
from tests.support.tls import behind_tls
from watchword.adapters.fetching import MOST, HttpsFetcher
from watchword.adapters.providers import Reply
from watchword.kernel.ports import OutOfReach

SHORT, LONG = timedelta(milliseconds=400), timedelta(minutes=1)
PEM = b"-----BEGIN CERTIFICATE-----"


@asynccontextmanager
async def library(folder: Path, usual: Reply) -> AsyncIterator[tuple[HttpsFetcher, Stub, str]]:
    """Yield a fetcher that knows the library's authority, the library, and its address by TLS."""
    serving, _ = certificate(folder)
    knowing = ssl.create_default_context(cafile=str(folder / "relay.pem"))
    async with (
        stub(usual) as listening,
        behind_tls(listening.url, serving) as by_tls,
        httpx2.AsyncClient(verify=knowing) as client,
    ):
        port = by_tls.rpartition(":")[2]
        patience = SHORT if usual is SILENCE else LONG
        yield HttpsFetcher(client, patience), listening, f"https://127.0.0.1:{port}/x.pem"


async def test_a_document_comes_as_it_is(tmp_path: Path) -> None:
    document = Reply(status=200, headers={}, body=PEM)
    async with library(tmp_path, document) as (fetcher, listening, url):
        assert await fetcher.fetch(url) == PEM
    [asked] = listening.asked
    assert (asked.method, asked.path) == ("GET", "/x.pem")
    assert not {"authorization", "cookie"} & set(asked.headers)


@pytest.mark.parametrize(
    "reply",
    [
        answer(404),
        answer(403),
        answer(302, Location="https://127.0.0.1:1/elsewhere"),
        Reply(status=200, headers={}, body=b"x" * (MOST + 1)),
    ],
)
async def test_what_is_not_there_elsewhere_or_too_large_is_no_document(
    tmp_path: Path, reply: Reply
) -> None:
    async with library(tmp_path, reply) as (fetcher, listening, url):
        assert await fetcher.fetch(url) is None
        assert len(listening.asked) == 1


@pytest.mark.parametrize("reply", [answer(500), answer(503), answer(429), SILENCE, HANG_UP])
async def test_whoever_does_not_answer_may_do_so_later(tmp_path: Path, reply: Reply) -> None:
    async with library(tmp_path, reply) as (fetcher, _, url):
        with pytest.raises(OutOfReach):
            await fetcher.fetch(url)


async def test_nobody_is_believed_whom_no_authority_knows(tmp_path: Path) -> None:
    document = Reply(status=200, headers={}, body=PEM)
    async with library(tmp_path, document) as (_, listening, url), httpx2.AsyncClient() as client:
        with pytest.raises(OutOfReach):
            await HttpsFetcher(client, LONG).fetch(url)
        assert listening.asked == []


async def test_plain_addresses_are_not_asked_and_nobody_home_is_out_of_reach() -> None:
    async with stub(answer(200)) as listening, httpx2.AsyncClient() as client:
        fetcher = HttpsFetcher(client, LONG)
        assert await fetcher.fetch(listening.url) is None
        assert listening.asked == []
        with pytest.raises(OutOfReach):
            await fetcher.fetch(f"https://127.0.0.1:{free_port()}/x.pem")
