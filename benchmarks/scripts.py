"""What the clients of a run say: the bytes of each next request.

    cycle    the same few requests in turn
    fresh    one request with a number that never repeats (an address nobody used yet)
    chain    each connection sends the token its last answer gave it

A script is plain data (JSON) on its way to the load generator, and an object there.
"""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

NUMBER = b"000000000000"
BY_TLS = {"x-forwarded-proto": "https"}


class Script(Protocol):
    def request(self, index: int) -> bytes: ...

    def answered(self, index: int, status: bytes, body: bytes) -> None: ...

    def carry(self) -> list[str]: ...


def http(
    method: str, path: str, *, headers: dict[str, str] | None = None, body: str | None = None
) -> str:
    """One HTTP/1.1 request, whole, as a proxy that ends TLS passes it on, whoever is asked."""
    lines = [f"{method} {path} HTTP/1.1", "host: auth.example.test"]
    lines += [f"{name}: {value}" for name, value in {**BY_TLS, **(headers or {})}.items()]
    if body is not None:
        lines.append(f"content-length: {len(body.encode())}")
    return "\r\n".join([*lines, "", body or ""])


def http_json(method: str, path: str, content: object) -> str:
    return http(
        method, path, headers={"content-type": "application/json"}, body=json.dumps(content)
    )


class Cycle:
    """Every connection walks the same ring, each from its own place."""

    def __init__(self, requests: list[str]) -> None:
        self.requests = [request.encode() for request in requests]
        self.at = 0

    def request(self, _index: int) -> bytes:
        self.at += 1
        return self.requests[self.at % len(self.requests)]

    def answered(self, index: int, status: bytes, body: bytes) -> None:
        """Nothing to learn from an answer."""

    def carry(self) -> list[str]:
        return []


class Fresh:
    """A request with twelve zeros in it, which become a number used once."""

    def __init__(self, request: str, first: int) -> None:
        self.before, number, self.after = request.encode().partition(NUMBER)
        if not number:
            raise ValueError("the request holds no place for a number")
        self.number = first

    def request(self, _index: int) -> bytes:
        self.number += 1
        return b"%b%012d%b" % (self.before, self.number, self.after)

    def answered(self, index: int, status: bytes, body: bytes) -> None:
        """Nothing to learn from an answer."""

    def carry(self) -> list[str]:
        return [str(self.number)]


class Chain:
    """Each connection holds a token; a good answer replaces it."""

    def __init__(self, path: str, name: str, tokens: list[str]) -> None:
        self.path = path
        self.name = name
        self.tokens = list(tokens)
        self.next_token = re.compile(rb'"%b": ?"([^"]+)"' % name.encode())

    def request(self, index: int) -> bytes:
        return http_json("POST", self.path, {self.name: self.tokens[index]}).encode()

    def answered(self, index: int, status: bytes, body: bytes) -> None:
        found = self.next_token.search(body) if status == b"200" else None
        if found:
            self.tokens[index] = found.group(1).decode()

    def carry(self) -> list[str]:
        return self.tokens


def script_from(plan: dict[str, Any]) -> Script:
    match plan:
        case {"kind": "cycle", "requests": requests}:
            return Cycle(requests)
        case {"kind": "fresh", "request": request, "first": first}:
            return Fresh(request, first)
        case {"kind": "chain", "path": path, "name": name, "tokens": tokens}:
            return Chain(path, name, tokens)
    raise ValueError(f"no such script: {plan.get('kind')}")
