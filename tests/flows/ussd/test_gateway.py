"""Who may post: the gateway of the mobile network, however badly it writes, and nobody else."""

import json
from urllib.parse import urlencode

import httpx2
import pytest

from tests.support.handset import CALLBACK, FORM, GATEWAY, NUMBER, Handset, handset_in
from tests.support.markdown import ROOT
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.kernel.secret import Secret
from watchword.plumbing.ussd.gateway import signature


@pytest.mark.req("M-14")
async def test_who_is_not_the_gateway_is_refused(world: World, handset: Handset) -> None:
    body = urlencode({"sessionId": "1", "phoneNumber": NUMBER, "serviceCode": "*1#", "text": ""})
    signed = handset.signed(body)
    forged = [
        {"Content-Type": FORM},
        {**signed, "X-Ussd-Signature": ""},
        {**signed, "X-Ussd-Signature": signed["X-Ussd-Signature"][:-1] + "x"},
        {**signed, "X-Ussd-Timestamp": str(int(signed["X-Ussd-Timestamp"]) + 1)},
        {**signed, "X-Ussd-Timestamp": "soon"},
        {**signed, "X-Ussd-Timestamp": "9" * 5000},
        handset.signed(body, secret="another " * 5),
        handset.signed(body, age=301),
        handset.signed(body, age=-301),
        handset.signed(body + "&text=1"),
        {"Content-Type": FORM, "Authorization": f"Bearer {GATEWAY}"},
    ]
    for headers in forged:
        answer = await handset.client.post(CALLBACK, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "gateway_unknown"), headers
    basic = httpx2.BasicAuth("gateway", GATEWAY)
    answer = await handset.client.post(
        CALLBACK, content=body, headers={"Content-Type": FORM}, auth=basic
    )
    assert answer.status_code == 401, "no networks are named that it may come from"
    good = await handset.client.post(CALLBACK, content=body, headers=signed)
    assert good.status_code == 200


@pytest.mark.req("M-14")
async def test_a_gateway_that_cannot_sign_is_known_by_network_and_secret(
    small_worlds: Opener,
) -> None:
    body = {"sessionId": "1", "phoneNumber": "221770123456", "serviceCode": "*1#"}
    settings = {"USSD_GATEWAY_SECRET": GATEWAY, "USSD_GATEWAY_NETWORKS": "196.216.167.0/24"}
    right, wrong = httpx2.BasicAuth("any", GATEWAY), httpx2.BasicAuth("any", "another")
    async with small_worlds(**settings) as world:
        for address, auth, status in (
            ("196.216.167.10", right, 200),
            ("196.216.167.10", wrong, 401),
            ("196.216.167.10", None, 401),
            ("203.0.113.7", right, 401),
        ):
            async with world.client(address) as client:
                answer = await client.post(CALLBACK, json=body, auth=auth)
            assert answer.status_code == status, (address, auth)
        async with world.client() as client:
            elsewhere = await handset_in(world, client).send("")
        assert elsewhere.status_code == 401, "signed, but from elsewhere"


async def test_without_a_secret_there_is_no_door(small_world: World) -> None:
    async with small_world.client() as client:
        assert (await client.post(CALLBACK, json={})).status_code == 404


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, b"", 422),
        (FORM, b"sessionId=1&phoneNumber=12&serviceCode=1", 422),
        (FORM, b"sessionId=1&phoneNumber=abc&serviceCode=1", 422),
        (FORM, b"sessionId=%ff&phoneNumber=221770123456&serviceCode=1", 400),
        (FORM, b"sessionId=%00&phoneNumber=221770123456&serviceCode=1", 422),
        (FORM, b"sessionId=" + b"1" * 300 + b"&phoneNumber=221770123456&serviceCode=1", 422),
        (FORM, b"sessionId=1&phoneNumber=221770123456&serviceCode=1&text=" + b"1*" * 300, 422),
        (FORM, b"&".join(b"a%d=1" % n for n in range(100)), 400),
        (FORM, b"x" * 9000, 413),
        ("application/json", b"[]", 400),
        ("application/json", b"{" * 3000, 400),
        ("application/json", b'{"sessionId": 5}', 422),
        ("application/json", json.dumps({"text": ["1"]}).encode(), 422),
        ("text/plain", b"hello", 415),
        (
            FORM,
            b"sessionId=1&phoneNumber=%2B221770123456&serviceCode=%2A1%23&text=" + b"%2A" * 20,
            200,
        ),
        (FORM, "sessionId=1&phoneNumber=221770123456&serviceCode=1&text=é😀".encode(), 200),
    ],
)
async def test_hostile_posts_of_a_known_gateway_are_refused_or_change_nothing(
    small_worlds: Opener, kind: str, body: bytes, status: int
) -> None:
    async with small_worlds(USSD_GATEWAY_SECRET=GATEWAY) as world, world.client() as client:
        headers = {**handset_in(world, client).signed(body), "Content-Type": kind}
        answer = await client.post(CALLBACK, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.text.startswith("END ")


def test_the_page_for_operators_signs_as_we_do() -> None:
    body = b"sessionId=ATUid_1&phoneNumber=%2B221770123456&serviceCode=%2A384%2A7%23&text=1"
    secret = Secret("an example: make a random one of your own")
    page = (ROOT / "docs/operate/ussd.md").read_text()
    assert body.decode() in page
    assert signature(secret, "1793300000", body) in page
