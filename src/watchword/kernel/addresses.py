"""Network addresses: who is asking, and how far we believe what a proxy says of it."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from watchword.kernel.parsing import listed

Network = IPv4Network | IPv6Network
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*")
_TRANSLATED = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")  # all of IPv6 that was ever given out (IANA)
_SPECIAL = tuple(
    ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")
)  # not known to each Python


def networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of addresses and networks."""
    try:
        return tuple(ip_network(part, strict=False) for part in listed(text))
    except ValueError:
        message = "write addresses or networks, separated by commas: 10.0.0.0/8, 192.168.1.7"
        raise ValueError(message) from None


def client_address(peer: str, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Return the right-most hop that is not a trusted proxy; the header of strangers is ignored."""
    address = peer
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and is_within(address, trusted):
        candidate = _bare(hops.pop())
        if candidate is None:
            break
        address = candidate
    return address


def network_key(address: str) -> str:
    """Group an address for limits: IPv4 as it is, IPv6 by /64 (one household, one key)."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return address if parsed is None else str(parsed)


def is_loopback(host: str) -> bool:
    """Tell whether a host to bind to can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def greeting(host: str) -> str:
    """Write a host as mail servers greet by it: a name in ASCII, an address in brackets; empty stays empty.

    ValueError: it is neither. Source: RFC 5321, 4.1.1.1 and 4.1.3.
    """
    bare = host.strip().removeprefix("[").removesuffix("]").removeprefix("IPv6:")
    address = _parsed(bare)
    if address is not None:
        return f"[IPv6:{address}]" if isinstance(address, IPv6Address) else f"[{address}]"
    try:
        name = bare.rstrip(".").encode("idna").decode()
    except UnicodeError:
        name = host
    if name and not _HOST_NAME.fullmatch(name):
        message = "write a host such as id.example.org, or an address"
        raise ValueError(message)
    return name


def is_public(address: str) -> bool:
    """Tell whether an address is one of the whole internet, whatever clothes it wears."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        translated = _translated(parsed)
        inner = parsed.sixtofour or (parsed.teredo or (None, None))[1] or translated
        if inner is not None and not is_public(str(inner)):
            return False
        if translated is None and parsed not in _UNICAST:
            return False
    if parsed is None or is_within(str(parsed), _SPECIAL):
        return False
    return parsed.is_global and not parsed.is_multicast


def is_within(address: str, trusted: Sequence[Network]) -> bool:
    """Tell whether an address belongs to one of the networks."""
    parsed = _parsed(address)
    if parsed is None:
        return False
    return any(parsed.version == network.version and parsed in network for network in trusted)


def _translated(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a translator would go to (RFC 6052)."""
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else None


def _bare(hop: str) -> str | None:
    """Strip a port and brackets from a forwarded hop; nothing when it is not an address."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    parsed = _parsed(hop)
    return None if parsed is None else str(parsed)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; one of IPv4 in the clothes of IPv6 is one of IPv4."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
