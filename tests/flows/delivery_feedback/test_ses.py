"""SES by way of SNS: a topic of ours, a certificate of AWS's, a signature over the fields."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.support.feedback import ALICE, counted, facts, left, listed, states, take, write
from tests.support.webhooks import CERTIFICATE, HOST, TOPIC, Posted, Sns
from tests.support.world import START
from tests.support.worlds import Opener


@pytest.mark.req("N-25", "N-29", "N-30")
@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_bounce_suppresses_the_address_and_later_letters_stay_here(
    worlds: Opener, version: str
) -> None:
    sns = Sns()
    async with worlds(fetcher=sns, **sns.settings) as world:
        await left(world, "ses", "ses-1")
        assert await take(world, sns.bounce(ALICE, version=version)) == [200]
        assert await states(world) == {"ses-1": "bounce"}
        assert await listed(world) == [(ALICE, "bounce", "ses")]
        await write(world)
        assert world.mailbox.messages == []
        assert await counted(world, "emails_sent_total", result="suppressed") == 1


@pytest.mark.req("N-25", "N-30")
async def test_complaints_deliveries_and_soft_bounces_are_told_apart(worlds: Opener) -> None:
    sns = Sns()
    async with worlds(fetcher=sns, **sns.settings) as world:
        for name in ("a", "b", "c"):
            await left(world, "ses", name, f"{name}@example.org")
        delivery = {"recipients": ["a@example.org"]}
        posts = [
            sns.notice({"eventType": "Delivery", "delivery": delivery, "mail": {"messageId": "a"}}),
            sns.bounce("b@example.org", kind="Transient", letter="b"),
            sns.complaint("c@example.org", letter="c"),
            sns.notice({"notificationType": "AmazonSnsSubscriptionSucceeded"}),
            sns.notice({"eventType": "Open", "mail": {"messageId": "a"}}, Subject="Hello"),
        ]
        assert await take(world, *posts) == [200] * 5
        assert await states(world) == {"a": "delivery", "b": "soft_bounce", "c": "complaint"}
        assert await listed(world) == [("c@example.org", "complaint", "ses")]


@pytest.mark.req("N-30")
async def test_a_misshapen_recipient_is_left_out_and_counted(small_worlds: Opener) -> None:
    sns = Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        recipients = [{"emailAddress": ALICE}, {"emailAddress": 5}, {}, None]
        told = {"bounceType": "Permanent", "bouncedRecipients": recipients}
        post = sns.notice({"notificationType": "Bounce", "bounce": told})
        assert await take(world, post) == [200]
        assert await listed(world) == [(ALICE, "bounce", "ses")]
        unreadable = {"provider": "ses", "kind": "unreadable"}
        assert await counted(world, "email_feedback_total", **unreadable) == 3


@pytest.mark.req("N-30", "D-59")
async def test_what_is_forged_old_or_of_another_topic_changes_nothing_and_fetches_nothing(
    worlds: Opener,
) -> None:
    sns = Sns()
    async with worlds(fetcher=sns, **sns.settings) as world:
        posts = [
            sns.bounce(ALICE, at=START - timedelta(hours=1)),
            sns.bounce(ALICE, at=START + timedelta(minutes=6)),
            sns.bounce(ALICE, TopicArn=TOPIC + "x"),
            sns.bounce(ALICE, TopicArn="arn:aws:sns:eu-west-1:999999999999:mail"),
            sns.bounce(ALICE, version="3"),
            sns.bounce(ALICE, Type="Farewell"),
            sns.bounce(ALICE, Timestamp="yesterday"),
            sns.bounce(ALICE, Timestamp="2026-03-01T12:00:00"),
            Posted(path="/api/webhooks/ses", body=b""),
            Posted(path="/api/webhooks/ses", body=b"[" * 100_000),
            Posted(path="/api/webhooks/ses", body=b'{"Type": "Notification"}'),
        ]
        assert set(await take(world, *posts)) == {401}
        assert sns.fetched == []
        assert await listed(world) == []


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE.replace("https", "http"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE.replace("sns.", "evil.example/sns."),
        CERTIFICATE.replace("sns.eu-west-1", "sns.eu-west-1.evil"),
        CERTIFICATE.replace("sns.eu-west-1", "x.sns.eu-west-1"),
        CERTIFICATE.replace("eu-west-1", "us-east-1"),
        CERTIFICATE.replace("https://", "https://evil@"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.cn"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com:8443"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com:x"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com\\@evil.example"),
        CERTIFICATE + "?x=1",
        CERTIFICATE + "#x",
        f"{HOST}/evil.pem",
        f"{HOST}/../SimpleNotificationService-1.pem",
        "https://[::1]/SimpleNotificationService-1.pem",
        "https://[/SimpleNotificationService-1.pem",
        "",
    ],
)
async def test_a_certificate_is_fetched_from_aws_alone(small_worlds: Opener, url: str) -> None:
    sns = Sns()
    sns.documents[url] = sns.documents[CERTIFICATE]
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        assert await take(world, sns.bounce(ALICE, SigningCertURL=url)) == [401]
        assert sns.fetched == []
        assert await listed(world) == []


@pytest.mark.parametrize("spoilt", ["Message", "MessageId", "Timestamp", "Signature"])
async def test_each_signed_field_counts(small_worlds: Opener, spoilt: str) -> None:
    sns = Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        told = json.loads(sns.bounce(ALICE).body)
        other = json.loads(sns.bounce("bob@example.org", at=START - timedelta(seconds=1)).body)
        forged = sns.bounce().but(json.dumps({**told, spoilt: other[spoilt]}).encode())
        assert await take(world, forged) == [401]
        assert await listed(world) == []


async def test_another_key_under_the_right_address_proves_nothing(small_worlds: Opener) -> None:
    sns, stranger = Sns(), Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        assert await take(world, stranger.bounce(ALICE)) == [401]
        assert await listed(world) == []


@pytest.mark.parametrize("document", [None, b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nx\n"])
async def test_what_is_no_certificate_proves_nothing(
    small_worlds: Opener, document: bytes | None
) -> None:
    sns = Sns()
    sns.documents = {} if document is None else {CERTIFICATE: document}
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        assert await take(world, sns.bounce(ALICE)) == [401]


async def test_a_certificate_that_is_over_proves_nothing(small_worlds: Opener) -> None:
    sns = Sns()
    sns.documents[CERTIFICATE] = sns.certificate(datetime(2024, 1, 1, tzinfo=UTC))
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        assert await take(world, sns.bounce(ALICE)) == [401]


async def test_while_the_certificate_is_out_of_reach_sns_is_asked_to_come_again(
    worlds: Opener,
) -> None:
    sns = Sns()
    async with worlds(fetcher=sns, **sns.settings) as world:
        post = sns.bounce(ALICE)
        sns.away = True
        assert await take(world, post) == [503]
        assert await listed(world) == []
        sns.away = False
        assert await take(world, post) == [200]
        assert await listed(world) == [(ALICE, "bounce", "ses")]


async def test_the_certificate_is_fetched_once_a_day(small_worlds: Opener) -> None:
    sns = Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        posts = [sns.bounce(f"{number}@example.org") for number in range(5)]
        told = await asyncio.gather(*(take(world, post) for post in posts))
        assert told == [[200]] * 5
        assert sns.fetched == [CERTIFICATE]
        world.clock.advance(timedelta(days=1))
        assert await take(world, sns.bounce(ALICE, at=world.clock.now())) == [200]
        assert sns.fetched == [CERTIFICATE] * 2


@pytest.mark.req("N-25", "N-30")
async def test_the_same_notice_counts_once_also_at_once_and_written_anew(worlds: Opener) -> None:
    sns = Sns()
    async with worlds(fetcher=sns, **sns.settings) as world:
        await left(world, "ses", "ses-1")
        post = sns.bounce(ALICE)
        copies = [post, post, post.written_anew(), sns.bounce(ALICE)]  # the last by another topic
        assert await asyncio.gather(*(take(world, each) for each in copies)) == [[200]] * 4
        assert len(await facts(world, "id.email.bounced")) == 1
        assert await counted(world, "email_feedback_total", provider="ses", kind="bounce") == 1


@pytest.mark.req("N-25", "D-59")
async def test_a_subscription_to_our_topic_is_confirmed(small_worlds: Opener) -> None:
    sns = Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        post = sns.confirmation()
        assert await take(world, post) == [200]
        assert sns.fetched == [CERTIFICATE, json.loads(post.body)["SubscribeURL"]]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?" + urlencode({"Action": "ConfirmSubscription"}),
        f"{HOST}/?" + urlencode({"Action": "ConfirmSubscription", "TopicArn": TOPIC + "x"}),
        f"{HOST}/?" + urlencode({"Action": "DeleteTopic", "TopicArn": TOPIC, "Token": "token-1"}),
        f"{HOST.replace('https', 'http')}/?"
        + urlencode({"Action": "ConfirmSubscription", "TopicArn": TOPIC, "Token": "token-1"}),
        "",
    ],
)
async def test_a_confirmation_asks_nobody_but_aws_about_our_topic(
    small_worlds: Opener, url: str
) -> None:
    sns = Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        assert await take(world, sns.confirmation(SubscribeURL=url)) == [401]
        assert sns.fetched == [CERTIFICATE]


async def test_a_forged_confirmation_asks_nobody(small_worlds: Opener) -> None:
    sns, stranger = Sns(), Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        assert await take(world, stranger.confirmation()) == [401]
        assert sns.fetched == [CERTIFICATE]


async def test_a_genuine_notice_that_is_none_of_ses_is_malformed(small_worlds: Opener) -> None:
    sns = Sns()
    async with small_worlds(fetcher=sns, **sns.settings) as world:
        posts = [
            sns.post("Notification", Message="hello"),
            sns.notice([]),
            sns.notice({"notificationType": "Bounce", "bounce": 7}),
        ]
        assert await take(world, *posts) == [400] * 3
