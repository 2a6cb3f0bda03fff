"""Addresses: who asks is told by the last hop we do not trust, and by nobody beyond it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.addresses import (
    client_address,
    is_loopback,
    is_public,
    network_key,
    networks,
)

PROXIES = networks("10.0.0.0/8, 2001:db8:aaaa::/48, 192.0.2.1")


@pytest.mark.req("D-39")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 192.0.2.1, 10.9.9.9", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.5", "10.0.0.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("2001:db8:aaaa::1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, <script>", "10.0.0.1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "::ffff:10.0.0.2", "10.0.0.2"),
        ("testclient", "203.0.113.9", "testclient"),
    ],
)
def test_the_right_most_hop_we_do_not_trust_is_who_asks(
    peer: str, forwarded: str | None, client: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == client


@given(said=st.text(max_size=60))
def test_a_stranger_cannot_say_who_asks(said: str) -> None:
    assert client_address("198.51.100.7", said, PROXIES) == "198.51.100.7"
    assert client_address("198.51.100.7", said, ()) == "198.51.100.7"


@given(said=st.lists(st.ip_addresses().map(str), max_size=5))
def test_whatever_a_client_puts_before_our_proxys_word_is_ignored(said: list[str]) -> None:
    header = ", ".join([*said, "203.0.113.9"])

    assert client_address("10.0.0.1", header, PROXIES) == "203.0.113.9"


@pytest.mark.req("D-39")
@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_one_household_is_one_key(address: str, key: str) -> None:
    assert network_key(address) == key


@given(st.ip_addresses(v=6))
def test_a_key_is_its_own_key(address: object) -> None:
    key = network_key(str(address))

    assert network_key(key.removesuffix("/64")) == key


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_loopback_is_this_machine_only(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_bad_network_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="write addresses or networks"):
        networks("10.0.0.0/8, nonsense")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.0.0.8",
        "192.88.99.1",
        "::1",
        "::ffff:127.0.0.1",
        "::7f00:1",
        "::808:808",
        "::ffff:0:7f00:1",
        "::ffff:0:808:808",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1:1::808:808",
        "2002:7f00:1::",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff0e::1",
        "100::1",
        "5f00::1",
        "3fff::1",
        "2001:db8::1",
        "4000::1",
        "nobody",
    ],
)
def test_what_is_not_of_the_whole_internet_is_not_public_whatever_it_wears(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "2620:fe::fe", "64:ff9b::909:909", "2002:909:909::", "::ffff:9.9.9.9"]
)
def test_what_is_of_the_whole_internet_is_public(address: str) -> None:
    assert is_public(address)
