"""Mailboxes: read strictly."""

import pytest

from watchword.kernel.problems import InputInvalid
from watchword.plumbing.contact import email_address


@pytest.mark.parametrize("sign", ["a", "é"])
def test_a_local_part_has_at_most_64_octets(sign: str) -> None:
    longest = sign * (64 // len(sign.encode()))

    assert email_address(f"{longest}@example.org").text == f"{longest}@example.org"
    with pytest.raises(InputInvalid):
        email_address(f"{longest}{sign}@example.org")
