"""Signature Version 4: the requests that AWS published, with the signatures it published for them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from watchword.adapters.aws.sigv4 import AwsKey, Signer
from watchword.kernel.secret import Secret

KEY = AwsKey(id="AKIDEXAMPLE", secret=Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
SUITE = "https://example.amazonaws.com/"


def sign(method: str, url: str, service: str = "service", **more: Any) -> str:
    signer = Signer(key=more.pop("key", KEY), region="us-east-1", service=service)
    headers, body = more.pop("headers", {}), more.pop("body", b"")
    signed = signer.sign(method, url, headers, body, NOW)
    return signed["Authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("signature", "method", "url", "more"),
    [
        ("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", "GET", SUITE, {}),
        ("5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", "POST", SUITE, {}),
        (
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            "GET",
            SUITE + "?Param2=value2&Param1=value1",
            {},
        ),
        (
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            "POST",
            SUITE,
            {"headers": {"Content-Type": FORM}, "body": b"Param1=value1"},
        ),
        (
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            "GET",
            "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
            {"service": "iam", "headers": {"Content-Type": f"{FORM}; charset=utf-8"}},
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "query-order", "post-form", "guide-iam"],
)
def test_a_published_request_gets_its_published_signature(
    signature: str, method: str, url: str, more: dict[str, Any]
) -> None:
    assert sign(method, url, **more) == signature


def test_a_temporary_key_sends_its_token_and_signs_it() -> None:
    temporary = AwsKey(id=KEY.id, secret=KEY.secret, session=Secret("for-an-hour"))
    signed = Signer(key=temporary, region="us-east-1", service="ses").sign(
        "POST", SUITE, {}, b"", NOW
    )

    assert signed["X-Amz-Security-Token"] == "for-an-hour"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in signed["Authorization"]
    assert KEY.secret.reveal() not in str(signed)
