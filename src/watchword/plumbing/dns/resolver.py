"""The resolver: look-ups in the real DNS, by UDP and by TCP where an answer is too long.

A name is asked for once. When nothing at all has answered yet and a look-up meets silence, there is
nobody to ask: `unavailable`. Later silence is about that name, and told as such.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final

from watchword.kernel.problems import Unavailable
from watchword.plumbing.dns.zone import NO_DATA, NO_NAME, Answer, State, Zone, found

Address = tuple[str, int]
_ONE_TRY: Final = 2.0
_UDP_BYTES: Final = 1232


class ExtraMissing(Exception):
    """The extra `dns` is missing, which asks the DNS: pip install 'watchword[dns]'."""


def live(servers: Sequence[Address] = (), patience: timedelta = timedelta(seconds=5)) -> Zone:
    """Return the zone as resolvers see it; none given are the system's. Problem: `unavailable`."""
    try:
        import dns.nameserver  # noqa: PLC0415 - an extra
        import dns.resolver  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExtraMissing(ExtraMissing.__doc__) from error
    try:
        resolver = dns.resolver.Resolver(configure=not servers)
    except dns.resolver.NoResolverConfiguration as error:
        raise Unavailable("This machine names no resolver: give DNS_RESOLVER.") from error
    if servers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(*each) for each in servers]
    resolver.lifetime = patience.total_seconds()
    resolver.timeout = min(_ONE_TRY, resolver.lifetime)
    resolver.use_edns(0, 0, _UDP_BYTES)
    return _asking(resolver)


def _asking(resolver: Any) -> Zone:
    """Return a function that asks this resolver, each question once."""
    answered = False

    def once(name: str, kind: str) -> Answer:
        nonlocal answered
        answer = _ask(resolver, name, kind)
        if answer is not None:
            answered = True
            return answer
        if not answered:
            servers = ", ".join(str(each) for each in resolver.nameservers)
            raise Unavailable(f"The resolver does not answer ({servers}): see DNS_RESOLVER.")
        return Answer(state=State.BROKEN, detail=f"no answer in {resolver.lifetime:g} s")

    look: Callable[[str, str], Answer] = cache(once)
    return lambda name, kind: look(name.rstrip(".").lower(), kind)


def _ask(resolver: Any, name: str, kind: str) -> Answer | None:
    """Ask; nothing when there was silence."""
    import dns.exception  # noqa: PLC0415 - an extra
    import dns.resolver  # noqa: PLC0415 - an extra

    try:
        answer = resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return NO_NAME
    except dns.resolver.LifetimeTimeout:
        return None
    except dns.resolver.NoNameservers as trouble:
        return _refusal(trouble)
    except dns.exception.DNSException as trouble:
        return Answer(state=State.BROKEN, detail=type(trouble).__name__)
    if answer.rrset is None:
        return NO_DATA
    return found(*(_text(each, kind) for each in answer.rrset))


def _refusal(trouble: Any) -> Answer | None:
    """Tell servers that answered, if badly, from those that could not be reached."""
    import dns.rcode  # noqa: PLC0415 - an extra

    codes = [each[4].rcode() for each in trouble.kwargs["errors"] if each[4] is not None]
    if not codes:
        return None
    return Answer(state=State.BROKEN, detail=dns.rcode.to_text(codes[-1]))


def _text(rdata: Any, kind: str) -> str:
    """Write a value as the rules over zones read it."""
    if kind == "TXT":
        return b"".join(rdata.strings).decode("ascii", "backslashreplace")
    if kind == "MX":
        return f"{rdata.preference} {rdata.exchange.to_text(omit_final_dot=True).lower()}"
    if kind == "CNAME":
        return str(rdata.target.to_text(omit_final_dot=True)).lower()
    return str(rdata.to_text())
