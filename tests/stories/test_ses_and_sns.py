"""SES and SNS as somebody else wrote them (moto): a letter leaves, bounces, and the address is suppressed.

Their signatures are real, and so are the certificates, which they keep under the names that SNS says.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer
from moto.sns.models import sns_backends

from tests.support.carriers import TAKEN, provider, sendgrid
from tests.support.feedback import ALICE, facts, listed, states, write
from tests.support.letter import LETTER
from tests.support.listening import listening
from tests.support.world import World
from tests.support.worlds import Opener
from watchword.adapters.aws.sigv4 import AwsKey, Signer
from watchword.adapters.mail.ses import SesMailer
from watchword.adapters.providers import Provider, new_client
from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.kernel.ports import Quota
from watchword.kernel.secret import Secret
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.metrics.counting import Metrics

REGION = "us-east-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:mail"
SENDER = "noreply@nova-rdv.dz"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """Yield the address of a server that speaks as AWS does."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def ask(aws: str, service: str) -> Any:
    """Return a client of one of its services."""
    key = {"aws_access_key_id": "AKID", "aws_secret_access_key": "not-a-real-key"}
    return boto3.client(service, endpoint_url=aws, region_name=REGION, **key)


class Shelf:
    """Where SNS keeps its certificates: the server itself gives them to nobody by HTTP."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> bytes | None:
        """Return what SNS keeps for an address."""
        self.fetched.append(url)
        kept = sns_backends["123456789012"][REGION]._message_public_keys
        found: bytes | None = kept.get(urlsplit(url).path.removeprefix("/"))
        return found


@pytest.fixture
async def mailer(aws: str) -> AsyncIterator[SesMailer]:
    """Yield our carrier of letters to SES."""
    key = AwsKey(id="AKID", secret=Secret("not-a-real-key"))
    async with new_client() as client:
        signer = Signer(key=key, region=REGION, service="ses")
        yield SesMailer(Provider(client, aws, SystemClock()), signer, SystemClock())


@asynccontextmanager
async def subscribed(aws: str, world: World) -> AsyncIterator[None]:
    """Serve the world on a socket, its door subscribed to the topic."""
    sns = ask(aws, "sns")
    sns.create_topic(Name="mail")
    async with listening(world) as port:
        door = f"http://127.0.0.1:{port}/api/webhooks/ses"
        offered = sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=door)
        try:
            yield
        finally:
            sns.unsubscribe(SubscriptionArn=offered["SubscriptionArn"])


async def publish(aws: str, message: Any) -> None:
    """Let SNS tell all who subscribed."""
    sns = ask(aws, "sns")
    await asyncio.to_thread(sns.publish, TopicArn=TOPIC, Message=json.dumps(message))


async def to_today(world: World) -> None:
    """Let the world's clock stand a minute from now: SNS has a clock of its own, and keys made today."""
    world.clock.advance(datetime.now(UTC) + timedelta(minutes=1) - world.clock.now())


@pytest.mark.req("N-25", "N-30")
async def test_a_letter_leaves_by_ses_and_its_bounce_comes_back_by_sns(
    aws: str, mailer: SesMailer, worlds: Opener
) -> None:
    ask(aws, "ses").verify_email_identity(EmailAddress=SENDER)
    shelf = Shelf()
    given = {"EMAIL_FROM": SENDER, "SES_SNS_TOPICS": TOPIC}
    async with worlds(mailer=mailer, fetcher=shelf, **given) as world, subscribed(aws, world):
        await to_today(world)
        await write(world)
        [(letter, state)] = (await states(world)).items()
        assert state == "sent"

        bounce = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": ALICE}]}
        told = {"notificationType": "Bounce", "mail": {"messageId": letter}, "bounce": bounce}
        await publish(aws, told)
        await publish(aws, told)

        assert await states(world) == {letter: "bounce"}
        assert await listed(world) == [(ALICE, "bounce", "ses")]
        assert len(await facts(world, "id.email.bounced")) == 1
        hosts = {urlsplit(url).netloc for url in shelf.fetched}
        assert hosts == {f"sns.{REGION}.amazonaws.com"}

        quota = await mailer.quota()
        await write(world)
        assert isinstance(quota, Quota)
        assert await mailer.quota() == quota  # nothing left


async def test_a_letter_whose_sender_ses_does_not_know_leaves_by_the_next_carrier(
    mailer: SesMailer,
) -> None:
    stranger = replace(LETTER, sender="noreply@unverified.example")
    async with provider(TAKEN["sendgrid"]) as (api, behind):
        metrics = Metrics("0", "nova", "")
        carriers = Mailing([mailer, sendgrid(api)], SystemClock(), SystemChance(), metrics)
        handover = await carriers.send(stranger)
    assert handover.sent is not None
    assert handover.sent.carrier == "sendgrid"
    assert [each.reason for each in handover.tries] == ["refused with 400 MessageRejected", ""]
    assert len(behind.asked) == 1


async def test_a_topic_that_we_do_not_name_is_not_believed(
    aws: str, mailer: SesMailer, worlds: Opener
) -> None:
    shelf = Shelf()
    given = {"EMAIL_FROM": SENDER, "SES_SNS_TOPICS": f"{TOPIC}-of-ours"}
    async with worlds(mailer=mailer, fetcher=shelf, **given) as world, subscribed(aws, world):
        await to_today(world)
        complaint = {"complainedRecipients": [{"emailAddress": ALICE}]}
        await publish(aws, {"notificationType": "Complaint", "complaint": complaint})
        assert await listed(world) == []
        assert shelf.fetched == []
        assert "webhook refused" in world.log.getvalue()
