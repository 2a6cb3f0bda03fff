"""A name server that answers from a text of records, on one free loopback port of UDP and of TCP.

start(records)    -> a server, listening; records as in a zone file, with whole names
put(records)      -> another text from now on
trouble           -> names that get no answer ("silent") or SERVFAIL ("broken")
asked             -> every question so far: (transport, name, type)
"""

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from typing import Any, cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zonefile

HOST = "127.0.0.1"
_TRIES = 20
_LONGEST_CHAIN = 8


class NameServer:
    """A listening server; `stop` closes it."""

    def __init__(self, records: str = "") -> None:
        """Listen, by UDP and by TCP on the same port."""
        self.trouble: dict[str, str] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.put(records)
        self._udp, self._tcp = _both(self)
        self.port = int(self._udp.server_address[1])
        for server in (self._udp, self._tcp):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        """Return where it is, as DNS_RESOLVER takes it."""
        return f"{HOST}:{self.port}"

    def put(self, records: str) -> None:
        """Answer from these records from now on."""
        self.sets = dns.zonefile.read_rrsets(records, rdclass=None, default_ttl=60)

    def stop(self) -> None:
        """Stop listening."""
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        """Answer one question; nothing for a name that is silent."""
        query = dns.message.from_wire(wire)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append((transport, name, dns.rdatatype.to_text(question.rdtype)))
        trouble = self.trouble.get(name, "")
        if trouble == "silent":
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if trouble == "broken":
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._fill(response, question.name, question.rdtype)
        text = response.to_wire(max_size=65535)
        if transport == "udp" and len(text) > query.payload:
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()
        return text

    def _fill(self, response: Any, name: dns.name.Name, kind: Any) -> None:
        for _ in range(_LONGEST_CHAIN):
            here = [each for each in self.sets if each.name == name]
            wanted = [each for each in here if each.rdtype == kind]
            response.answer += wanted
            alias = [each for each in here if each.rdtype == dns.rdatatype.CNAME]
            if wanted or not alias:
                below = any(each.name.is_subdomain(name) for each in self.sets)
                response.set_rcode(dns.rcode.NOERROR if here or below else dns.rcode.NXDOMAIN)
                return
            response.answer += alias
            name = alias[0][0].target


class _Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, line = self.request
        answer = cast("_Udp", self.server).names.answer(wire, "udp")
        if answer is not None:
            line.sendto(answer, self.client_address)


class _Stream(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(ConnectionError, struct.error):
            (length,) = struct.unpack("!H", self.request.recv(2, socket.MSG_WAITALL))
            wire = self.request.recv(length, socket.MSG_WAITALL)
            answer = cast("_Tcp", self.server).names.answer(wire, "tcp")
            if answer is not None:
                self.request.sendall(struct.pack("!H", len(answer)) + answer)


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    names: NameServer


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    names: NameServer


def _both(names: NameServer) -> tuple[_Udp, _Tcp]:
    """Return a server of each transport on one port."""
    for _ in range(_TRIES):
        tcp = _Tcp((HOST, 0), _Stream)
        try:
            udp = _Udp((HOST, tcp.server_address[1]), _Datagram)
        except OSError:
            tcp.server_close()
            continue
        tcp.names = udp.names = names
        return udp, tcp
    raise RuntimeError("no port is free for both UDP and TCP")


@contextlib.contextmanager
def name_server(records: str = "") -> Iterator[NameServer]:
    """Run a server for the length of a block."""
    server = NameServer(records)
    try:
        yield server
    finally:
        server.stop()
