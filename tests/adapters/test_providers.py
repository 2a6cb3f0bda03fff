"""What each provider is sent is what it documents, and people's words arrive as they were written."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.support.carriers import (
    SHORT,
    TAKEN,
    TEMPLATE,
    TEXT,
    mailgun,
    provider,
    sendgrid,
    ses,
    twilio,
)
from tests.support.letter import LETTER
from tests.support.stub import SILENCE, answer
from watchword.adapters.providers import Reply
from watchword.kernel.ports import NotAccepted, Quota, Undelivered, Unfit

NOVA = replace(
    LETTER,
    sender="Cité NOVA <noreply@nova-rdv.dz>",
    subject="Votre code – Cité 109",
    text="Voilà.\n",
    html="<p>Voilà.</p>",
    template="login/sign_in_code",
    known_as="otp_verification",
    language="fr",
    headers={"Reply-To": "Cité <contact@nova-rdv.dz>"},
    facts={"code": "123456", "minutes": 5},
)
QUOTA = (
    b"<GetSendQuotaResponse><GetSendQuotaResult><Max24HourSend>%s</Max24HourSend>"
    b"<SentLast24Hours>%s</SentLast24Hours></GetSendQuotaResult></GetSendQuotaResponse>"
)
BY_HTTPS: list[Any] = [sendgrid, ses, mailgun]


@pytest.mark.req("N-06")
async def test_sendgrid_gets_what_it_documents() -> None:
    async with provider(TAKEN["sendgrid"]) as (api, behind):
        await sendgrid(api).send(NOVA)
    (asked,) = behind.asked

    assert (asked.method, asked.path) == ("POST", "/v3/mail/send")
    assert asked.headers["authorization"] == "Bearer SG.key"
    assert asked.headers["content-type"] == "application/json"
    sent = asked.json
    assert sent["from"] == {"email": "noreply@nova-rdv.dz", "name": "Cité NOVA"}
    assert sent["reply_to"] == {"email": "contact@nova-rdv.dz", "name": "Cité"}
    assert sent["personalizations"][0]["to"] == [{"email": "alice@example.org"}]
    assert sent["subject"] == "Votre code – Cité 109"
    assert sent["content"] == [
        {"type": "text/plain", "value": "Voilà.\n"},
        {"type": "text/html", "value": "<p>Voilà.</p>"},
    ]
    assert sent["headers"]["Message-ID"] == LETTER.id
    assert "Reply-To" not in sent["headers"]
    assert sent["tracking_settings"]["click_tracking"] == {"enable": False, "enable_text": False}


@pytest.mark.req("N-22")
async def test_sendgrid_writes_by_its_own_template_where_one_is_given_and_else_sends_ours() -> None:
    async with provider(TAKEN["sendgrid"]) as (api, behind):
        carrier = sendgrid(api, {"otp_verification": TEMPLATE})
        await carrier.send(NOVA)
        await carrier.send(LETTER)
    by_template, by_us = (asked.json for asked in behind.asked)

    assert by_template["template_id"] == TEMPLATE
    told = by_template["personalizations"][0]["dynamic_template_data"]
    assert (told["code"], told["minutes"], told["language"]) == ("123456", 5, "fr")
    assert "content" not in by_template
    assert "template_id" not in by_us
    assert by_us["content"][0]["value"] == LETTER.text


@pytest.mark.req("N-07")
async def test_ses_gets_the_whole_letter_signed_for_its_region() -> None:
    async with provider(TAKEN["ses"]) as (api, behind):
        await ses(api).send(NOVA)
    (asked,) = behind.asked

    assert (asked.method, asked.path) == ("POST", "/v2/email/outbound-emails")
    proof = asked.headers["authorization"]
    day = asked.headers["x-amz-date"][:8]
    scope = f"AKIDEXAMPLE/{day}/eu-west-1/ses/aws4_request"
    assert proof.startswith(f"AWS4-HMAC-SHA256 Credential={scope}, ")
    assert "SignedHeaders=content-type;host;x-amz-date, " in proof
    assert re.search(r"Signature=[0-9a-f]{64}$", proof)
    assert asked.headers["host"] == f"127.0.0.1:{behind.port}"
    assert asked.json["FromEmailAddress"] == "noreply@nova-rdv.dz"
    assert asked.json["Destination"] == {"ToAddresses": ["alice@example.org"]}
    letter = asked.letter
    assert letter["From"].addresses[0].display_name == "Cité NOVA"
    assert letter["Reply-To"].addresses[0].addr_spec == "contact@nova-rdv.dz"
    assert letter["Subject"] == "Votre code – Cité 109"
    assert letter["Message-ID"] == letter["X-Watchword-Message-ID"] == LETTER.id
    assert letter.get_body(("plain",)).get_content().strip() == "Voilà."


async def test_ses_is_asked_for_its_quota_to_know_whether_it_would_take_a_letter() -> None:
    async with provider(answer(200)) as (api, behind):
        assert await ses(api).check() is None
    (asked,) = behind.asked

    assert (asked.method, asked.path) == ("POST", "/")
    assert asked.form == {"Action": "GetSendQuota", "Version": "2010-12-01"}


@pytest.mark.parametrize(
    ("status", "body", "quota"),
    [
        (200, QUOTA % (b"200.0", b"127.0"), Quota(used=127, most=200)),
        (200, QUOTA % (b"-1.0", b"5"), Quota(used=5, most=None)),
        (403, QUOTA % (b"200.0", b"127.0"), None),
        (200, b"<html>", None),
    ],
)
async def test_ses_tells_how_many_letters_of_its_day_are_used(
    status: int, body: bytes, quota: Quota | None
) -> None:
    async with provider(Reply(status=status, headers={}, body=body)) as (api, _):
        assert await ses(api).quota() == quota


async def test_a_key_of_sendgrid_that_may_not_know_the_plan_tells_no_quota() -> None:
    async with provider(answer(403, {"errors": []})) as (api, _):
        assert await sendgrid(api).quota() is None


UNVERIFIED = "Email address is not verified. The following identities failed the check: "
OURS = [
    ("MessageRejected", UNVERIFIED + "noreply@nova-rdv.dz"),
    ("BadRequestException", UNVERIFIED + "alice@example.org"),
    ("MessageRejected", "Sending suspended for this account."),
    ("AccountSuspendedException", "x"),
    ("SendingPausedException", "Sending paused for this account."),
    ("MailFromDomainNotVerifiedException", "x"),
    ("NotFoundException", "Configuration set <news> does not exist."),
    ("BadRequestException", "Configuration set <news> does not exist."),
    ("LimitExceededException", "Daily message quota exceeded."),
    ("TooManyRequestsException", "Maximum sending rate exceeded."),
    ("BadRequestException", "Something we never saw; illegal address is among its words"),
    ("BadRequestException", ""),
    ("", "Illegal address"),
]


@pytest.mark.parametrize(("fault", "words"), OURS)
async def test_what_ses_refuses_for_our_sake_another_may_take(fault: str, words: str) -> None:
    status = 429 if fault == "TooManyRequestsException" else 400
    headers = {"X_Amzn_ErrorType": f"{fault}:http://internal.amazon.com/x/"} if fault else {}
    async with provider(answer(status, {"message": words}, **headers)) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await ses(api).send(LETTER)
    assert not refusal.value.lasting
    assert str(refusal.value) == f"refused with {status} {fault}".strip()


@pytest.mark.parametrize(
    "words",
    [
        "Illegal address",
        "Missing final '@domain'",
        "Missing domain",
        "Local address contains control or whitespace",
        "Domain contains illegal character",
        "Local address starts with dot",
        "Message length is more than 41943040 bytes long: '41943041'.",
    ],
)
async def test_what_ses_says_of_the_reader_or_the_length_is_final(words: str) -> None:
    body = {"__type": "com.amazonaws.sesv2#BadRequestException", "message": words}
    async with provider(answer(400, body)) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await ses(api).send(LETTER)
    assert refusal.value.lasting


@pytest.mark.parametrize(
    "errors",
    [
        [{"field": "from.email", "message": "not a verified sender"}],
        [{"field": "template_id", "message": "no such template"}],
        [{"field": "personalizations.0.dynamic_template_data", "message": "x"}],
        [{"field": "personalizations.0.to.0.email"}, {"field": "from"}],
        [{"message": "the account is closed"}],
        [{"field": None}],
        ["nonsense"],
        [],
        None,
    ],
)
async def test_what_sendgrid_refuses_for_our_sake_another_may_take(errors: Any) -> None:
    async with provider(answer(400, {"errors": errors})) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await sendgrid(api).send(LETTER)
    assert not refusal.value.lasting


@pytest.mark.parametrize(
    "message", ["'from' parameter is not a valid address", "Domain is disabled: to pay", None]
)
async def test_what_mailgun_refuses_for_our_sake_another_may_take(message: str | None) -> None:
    async with provider(answer(400, {"message": message})) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await mailgun(api).send(LETTER)
    assert not refusal.value.lasting


@pytest.mark.parametrize(
    ("make", "body", "of_reader"),
    [
        (sendgrid, {"errors": [{"field": "from.email"}]}, False),
        (sendgrid, {"errors": [{"field": "template_id"}]}, False),
        (sendgrid, {"errors": [{"field": "personalizations.0.subject"}]}, True),
        (sendgrid, {"errors": [{"field": None}]}, True),
        (sendgrid, None, True),
        (mailgun, {"message": "from parameter is not a valid address"}, False),
        (mailgun, {"message": "Domain mg.nova-rdv.dz is not allowed to send"}, False),
        (mailgun, {"message": "something else"}, True),
        (mailgun, None, True),
        (ses, {"__type": "BadRequestException", "message": "something else"}, True),
        (ses, {"__type": "MessageRejected", "message": "Email address is not verified."}, False),
        (ses, None, False),
    ],
)
async def test_what_may_be_of_the_reader_says_nothing_against_the_provider(
    make: Any, body: Any, of_reader: bool
) -> None:
    async with provider(answer(400, body)) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await make(api).send(LETTER)
    assert (refusal.value.lasting, refusal.value.of_reader) == (False, of_reader)


@pytest.mark.parametrize("make", [sendgrid, ses, mailgun])
async def test_too_large_is_too_large_for_everybody(make: Any) -> None:
    async with provider(answer(413)) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await make(api).send(LETTER)
    assert refusal.value.lasting


@pytest.mark.req("N-08")
async def test_mailgun_gets_what_it_documents() -> None:
    async with provider(TAKEN["mailgun"]) as (api, behind):
        await mailgun(api).send(NOVA)
    (asked,) = behind.asked

    assert (asked.method, asked.path) == ("POST", "/mg.nova-rdv.dz/messages")
    assert asked.basic == "api:key-1"
    form = asked.form
    assert form["to"] == "alice@example.org"
    assert form["subject"] == "Votre code – Cité 109"
    assert (form["text"], form["html"]) == ("Voilà.\n", "<p>Voilà.</p>")
    assert form["h:Message-Id"] == LETTER.id
    assert form["o:tracking"] == "no"
    assert "<noreply@nova-rdv.dz>" in form["from"]
    assert "<contact@nova-rdv.dz>" in form["h:Reply-To"]


async def test_mailgun_tells_a_good_key_what_is_missing() -> None:
    async with provider(answer(400)) as (api, behind):
        assert await mailgun(api).check() is None
    assert behind.asked[0].body == b""


@pytest.mark.req("M-38")
async def test_twilio_gets_what_it_documents() -> None:
    async with provider(TAKEN["twilio"]) as (api, behind):
        await twilio(api).send(TEXT)
    (asked,) = behind.asked

    assert (asked.method, asked.path) == ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
    assert asked.basic == "AC1:token-1"
    assert asked.form == {"To": "+213550123456", "From": "+15005550006", "Body": "Cité : 123456"}


@pytest.mark.parametrize(
    ("country", "field", "sender"),
    [
        ("DZ", "From", "NOVA"),
        ("FR", "MessagingServiceSid", "MG" + "0" * 32),
        ("DE", "From", "+1500"),
    ],
)
async def test_twilio_sends_by_the_sender_of_the_country(
    country: str, field: str, sender: str
) -> None:
    async with provider(TAKEN["twilio"]) as (api, behind):
        carrier = twilio(api, "+1500", DZ="NOVA", FR="MG" + "0" * 32)
        await carrier.send(replace(TEXT, country=country))
    assert behind.asked[0].form[field] == sender


@pytest.mark.parametrize("change", [{"to": "0550123456"}, {"to": "+1\n5"}, {"body": ""}])
async def test_what_is_no_text_is_never_sent(change: dict[str, str]) -> None:
    async with provider(TAKEN["twilio"]) as (api, behind):
        with pytest.raises(NotAccepted) as refusal:
            await twilio(api).send(replace(TEXT, **change))
    assert refusal.value.lasting
    assert behind.asked == []


@pytest.mark.parametrize(
    ("reply", "lasting", "of_reader"),
    [
        (answer(400, {"code": 21211}), True, False),
        (answer(400, {"code": "21614"}), True, False),
        (answer(403, {"code": 21610}), True, False),
        (answer(400, {"code": 21408}), False, True),
        (answer(403, {"code": 21408}), False, True),
        (answer(400, {"code": "21608"}), False, True),
        (answer(400, {"code": 21612}), False, True),
        (answer(400, {"code": 21606}), False, True),
        (answer(400, {"code": 21267}), False, True),
        (answer(400, {"code": 99999}), False, True),
        (answer(400, {"code": [21211]}), False, True),
        (Reply(status=400, headers={}, body=b"<html>Bad Request (WAF)</html>"), False, True),
        (answer(400, {"code": 21703}), False, False),
        (answer(400, {"code": 21611}), False, False),
        (answer(401, {"code": 20003}), False, False),
        (answer(403, {"code": 20003}), False, False),
        (answer(404, {"code": 20404}), False, False),
        (answer(429, {"code": 20429}), False, False),
    ],
)
async def test_of_twilios_refusals_those_of_a_number_last_and_those_of_a_country_do_not_count(
    reply: Reply, lasting: bool, of_reader: bool
) -> None:
    async with provider(reply) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await twilio(api).send(TEXT)
    assert (refusal.value.lasting, refusal.value.of_reader) == (lasting, of_reader)


async def test_a_sender_that_twilio_does_not_know_is_no_reason_to_give_up_a_text() -> None:
    async with provider(answer(400, {"code": 21606})) as (api, _):
        with pytest.raises(NotAccepted) as refusal:
            await twilio(api).send(TEXT)
    assert not refusal.value.lasting


@pytest.mark.parametrize("make", BY_HTTPS)
@pytest.mark.parametrize(
    "change",
    [
        {"to": "alice@example.org, mallory@example.net"},
        {"to": "alice@example.org\r\nBcc: mallory@example.net"},
        {"subject": "Hello\r\nBcc: mallory@example.net"},
        {"headers": {"Bcc": "mallory@example.net"}},
        {"headers": {"Reply-To": "a@example.org, b@example.org"}},
        {"text": "\ud800"},
    ],
    ids=["recipient", "line", "subject", "header", "reply-to", "text"],
)
async def test_nobody_slips_in_a_recipient_or_a_header(make: Any, change: dict[str, Any]) -> None:
    async with provider(answer(200)) as (api, behind):
        with pytest.raises(NotAccepted) as refusal:
            await make(api).send(replace(LETTER, **change))
    assert refusal.value.lasting
    assert behind.asked == []


@pytest.mark.parametrize("make", [sendgrid, ses])
async def test_who_takes_no_address_outside_ascii_leaves_it_to_another(make: Any) -> None:
    async with provider(answer(200)) as (api, behind):
        with pytest.raises(Unfit):
            await make(api).send(replace(LETTER, to="élodie@example.org"))
    assert behind.asked == []


async def test_what_was_taken_is_taken_though_the_rest_of_the_answer_never_comes() -> None:
    told = answer(202, "x", Content_Length="999", X_Message_Id="1")
    async with provider(told, patience=SHORT) as (api, _):
        assert await sendgrid(api).send(LETTER) == "1"


async def test_nobody_waits_for_a_connection_of_ours_however_many_letters_are_under_way() -> None:
    async with provider(SILENCE) as (api, _):
        many = (sendgrid(api).send(LETTER) for _ in range(120))
        came = await asyncio.gather(*many, return_exceptions=True)
    assert {type(each) for each in came} == {Undelivered}


async def test_a_letter_without_html_comes_to_them_without_an_empty_part() -> None:
    plain = replace(NOVA, html="")
    async with provider(TAKEN["mailgun"]) as (api, behind):
        await mailgun(api).send(plain)
    assert "html" not in behind.asked[0].form
    async with provider(TAKEN["sendgrid"]) as (api, behind):
        await sendgrid(api).send(plain)
    assert [each["type"] for each in behind.asked[0].json["content"]] == ["text/plain"]
