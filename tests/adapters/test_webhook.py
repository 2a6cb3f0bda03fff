"""Events by HTTP: signed, to the address that was judged, whatever the receiver does."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.support.relay import certificate
from tests.support.stub import HANG_UP, SILENCE, Stub, answer, stub
from tests.support.tls import behind_tls
from tests.support.world import START, StoppedClock
from watchword.adapters.destinations.webhook import WebhookDestination
from watchword.adapters.guarded import LookUp, guarded_client, resolve
from watchword.kernel.destinations import EventMessage
from watchword.kernel.ports import NotAccepted, OutOfReach
from watchword.kernel.secret import Secret
from watchword.plumbing.events.envelope import CONTENT_TYPE

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
MESSAGE = EventMessage(
    id=UUID("019a0000-0000-7000-8000-00000000000e"),
    type="id.user.updated",
    key=None,
    body='{"id":"é"}'.encode(),
)
HERE = (ip_network("127.0.0.0/8"),)
SHORT, LONG = timedelta(seconds=0.5), timedelta(minutes=1)
TAKEN = answer(204)


def destination(
    url: str,
    *,
    keys: Sequence[str] = (NEW,),
    allowed: Sequence[object] = HERE,
    addresses: Sequence[str] = ("127.0.0.1",),
    tls: ssl.SSLContext | None = None,
    patience: timedelta = LONG,
    asked: list[str] | None = None,
    look_up: LookUp | None = None,
) -> WebhookDestination:
    """Return a way to an address; its name leads to `addresses`; `asked` are the names."""

    async def known(host: str, _port: int) -> Sequence[str]:
        if asked is not None:
            asked.append(host)
        return addresses

    client = guarded_client(allowed, patience, tls=tls, look_up=look_up or known)
    return WebhookDestination(
        "webhook:shop",
        url,
        [Secret(each) for each in keys],
        client,
        StoppedClock(),
        CONTENT_TYPE,
        patience=patience,
    )


@pytest.fixture
async def shop() -> AsyncIterator[Stub]:
    async with stub(TAKEN) as listening:
        yield listening


def signature(key: str, body: bytes) -> str:
    """Sign by hand, as the specification says."""
    signed = b".".join([str(MESSAGE.id).encode(), str(int(START.timestamp())).encode(), body])
    secret = base64.b64decode(key.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


async def test_an_event_is_posted_and_signed_as_standard_webhooks_says(shop: Stub) -> None:
    await destination(f"{shop.url}/hooks").publish(MESSAGE)
    (asked,) = shop.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/hooks", MESSAGE.body)
    assert asked.headers["content-type"] == CONTENT_TYPE
    assert asked.headers["webhook-id"] == str(MESSAGE.id)
    assert asked.headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert asked.headers["webhook-signature"] == signature(NEW, MESSAGE.body)


async def test_while_a_key_is_exchanged_both_sign(shop: Stub) -> None:
    await destination(shop.url, keys=(NEW, OLD)).publish(MESSAGE)
    signatures = shop.asked[0].headers["webhook-signature"].split(" ")
    assert signatures == [signature(NEW, MESSAGE.body), signature(OLD, MESSAGE.body)]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
async def test_another_answer_is_about_this_event(shop: Stub, status: int) -> None:
    shop.usual = answer(status, Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(NotAccepted, match=str(status)) as refused:
        await destination(shop.url).publish(MESSAGE)
    assert not refused.value.lasting
    assert len(shop.asked) == 1  # nobody followed


async def test_one_that_is_gone_wants_no_more(shop: Stub) -> None:
    shop.usual = answer(410)
    with pytest.raises(NotAccepted) as refused:
        await destination(shop.url).publish(MESSAGE)
    assert refused.value.lasting


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_receiver_that_is_unwell_says_how_long_to_wait(shop: Stub, status: int) -> None:
    shop.usual = answer(status, Retry_After="7")
    with pytest.raises(OutOfReach, match=str(status)) as away:
        await destination(shop.url).publish(MESSAGE)
    assert away.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("told", [SILENCE, HANG_UP], ids=["is silent", "hangs up"])
async def test_a_receiver_that_is_lost_is_out_of_reach(shop: Stub, told: object) -> None:
    shop.usual = told  # type: ignore[assignment]
    with pytest.raises(OutOfReach):
        await destination(shop.url, patience=SHORT).publish(MESSAGE)


async def test_a_slow_answer_is_not_waited_for_beyond_patience() -> None:
    async with stub(SILENCE) as slow:
        with pytest.raises(OutOfReach):
            await destination(slow.url, patience=SHORT).publish(MESSAGE)


@pytest.mark.req("D-62")
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:10.0.0.7", "64:ff9b::a00:7"],
)
async def test_a_name_that_leads_into_a_private_network_is_not_asked(
    shop: Stub, address: str
) -> None:
    for addresses in ([address], ["93.184.216.34", address]):
        way = destination(
            f"http://hooks.example.test:{shop.port}/", allowed=(), addresses=addresses
        )
        with pytest.raises(OutOfReach, match="private network"):
            await way.publish(MESSAGE)
        assert await way.check() == "leads into a private network"
    assert shop.asked == []


async def test_the_connection_goes_to_the_address_that_was_judged(shop: Stub) -> None:
    await destination(f"http://hooks.example.test:{shop.port}/").publish(MESSAGE)
    assert shop.asked[0].headers["host"] == f"hooks.example.test:{shop.port}"


@asynccontextmanager
async def _secured(
    shop: Stub, folder: Path, name: str
) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """Yield the address of the shop behind TLS, its certificate made out to `name`; and who trusts it."""
    serving, trusting = certificate(folder, name)
    async with behind_tls(f"redis://127.0.0.1:{shop.port}", serving) as url:
        yield f"https://127.0.0.1:{url.rpartition(':')[2]}/", trusting


async def test_tls_is_verified_against_the_name(shop: Stub, tmp_path: Path) -> None:
    async with _secured(shop, tmp_path, "127.0.0.1") as (url, trusting):
        await destination(url, tls=trusting).publish(MESSAGE)
        assert len(shop.asked) == 1
        other = url.replace("127.0.0.1", "hooks.example.test")
        with pytest.raises(OutOfReach, match="the certificate proves nothing"):
            await destination(other, tls=trusting).publish(MESSAGE)
    assert len(shop.asked) == 1


async def test_a_name_is_looked_up_as_it_is_verified(shop: Stub, tmp_path: Path) -> None:
    asked: list[str] = []
    async with _secured(shop, tmp_path, "xn--fa-hia.test") as (url, trusting):
        for name in ("faß.test", "FAß.test", "xn--fa-hia.test"):
            other = url.replace("127.0.0.1", name)
            await destination(other, tls=trusting, asked=asked).publish(MESSAGE)
        with pytest.raises(OutOfReach, match="the certificate proves nothing"):
            await destination(url.replace("127.0.0.1", "fass.test"), tls=trusting).publish(MESSAGE)
    assert asked == ["xn--fa-hia.test"] * 3
    assert {each.headers["host"] for each in shop.asked} == {urlsplit(other).netloc}


@pytest.mark.parametrize("name", ["a..test", ".test", f"{'a' * 64}.test", f"{'a.' * 130}test"])
async def test_a_name_that_nobody_could_look_up_is_out_of_reach(name: str) -> None:
    way = destination(f"https://{name}/hook", look_up=resolve)
    with pytest.raises(OutOfReach, match="ConnectError"):
        await way.publish(MESSAGE)
    assert await way.check() == "ConnectError"


async def test_a_look_up_that_cannot_read_the_name_is_one_that_fails() -> None:
    async def choke(host: str, _port: int) -> Sequence[str]:
        raise UnicodeError(host)

    with pytest.raises(OutOfReach, match="ConnectError"):
        await destination("https://shop.test/hook", look_up=choke).publish(MESSAGE)


async def test_a_certificate_that_nobody_signed_is_refused(shop: Stub, tmp_path: Path) -> None:
    async with _secured(shop, tmp_path, "127.0.0.1") as (url, _):
        with pytest.raises(OutOfReach, match="the certificate proves nothing"):
            await destination(url).publish(MESSAGE)
    assert shop.asked == []


async def test_whether_somebody_answers_is_asked_without_posting(shop: Stub) -> None:
    shop.usual = answer(405)
    assert await destination(shop.url).check() is None
    assert [each.method for each in shop.asked] == ["HEAD"]
