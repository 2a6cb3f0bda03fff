"""Vault's API as HashiCorp documents it, on this machine: the key-value engine (version 2) and two ways in.

kept      secrets by mount and path, each with the fields of its versions
tokens    who may ask; a login adds one       asked    the requests, oldest first

Whatever is asked in a way that the documents do not have is answered 405, and `asked` has it.
Source: https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, .../auth/approle, .../auth/kubernetes.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

SINCE: Final = "2026-02-21T08:15:30.123456789Z"
Reply = tuple[int, Any]


@dataclass
class Vault:
    """A Vault; `mounts` are its engines, `replies` what is answered instead, the last of them for ever."""

    url: str = ""
    mounts: tuple[str, ...] = ("auth",)
    namespace: str = ""
    tokens: set[str] = field(default_factory=lambda: {"token-of-ours"})
    kept: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    roles: dict[str, dict[str, str]] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def keep(self, path: str, **fields: str) -> None:
        """Keep a secret, as `vault kv put` does."""
        mount, _, place = path.partition("/")
        self.kept.setdefault((mount, place), []).append(fields)

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        """Answer a request."""
        self.asked.append((method, path))
        self.bodies.append(body)
        if self.replies:
            return self.replies.pop(0) if self.replies[1:] else self.replies[0]
        ours = (headers.get("X-Vault-Namespace") or "") == self.namespace
        if headers.get("X-Vault-Request") != "true" or not path.startswith("/v1/") or not ours:
            return 405, {"errors": ["not as documented"]}
        place = path.removeprefix("/v1/")
        if method == "POST" and place in self.roles:
            return self._login(place, json.loads(body))
        if headers.get("X-Vault-Token") not in self.tokens:
            return 403, {"errors": ["permission denied"]}
        mount, _, rest = place.partition("/")
        kind, _, name = rest.partition("/")
        if mount not in self.mounts:
            return 403, {"errors": ["preflight capability check returned 403"]}
        return self._engine(method, mount, kind, name, body)

    def _login(self, place: str, proof: Any) -> Reply:
        if proof != self.roles[place]:
            return 400, {"errors": ["invalid role or secret ID"]}
        token = f"hvs.by-{place}"
        self.tokens.add(token)
        return 200, {"auth": {"client_token": token, "lease_duration": 3600, "renewable": True}}

    def _engine(self, method: str, mount: str, kind: str, name: str, body: bytes) -> Reply:
        if (method, kind) == ("LIST", "metadata"):
            below = [place for where, place in self.kept if where == mount]
            keys = {each[len(name) :].partition("/") for each in below if each.startswith(name)}
            told = sorted(f"{first}{slash}" for first, slash, _ in keys)
            return (200, {"data": {"keys": told}}) if told else (404, {"errors": []})
        if (method, kind) == ("GET", "data"):
            versions = self.kept.get((mount, name))
            return (200, {"data": _told(versions)}) if versions else (404, {"errors": []})
        if (method, kind) == ("POST", "data"):
            return self._put(mount, name, json.loads(body))
        return 405, {"errors": ["unsupported operation"]}

    def _put(self, mount: str, name: str, body: Any) -> Reply:
        versions = self.kept.setdefault((mount, name), [])
        wanted = body.get("options", {}).get("cas")
        if wanted is not None and wanted != len(versions):
            fault = "check-and-set parameter did not match the current version"
            return 400, {"errors": [fault]}
        versions.append(body["data"])
        return 200, {"data": _told(versions)["metadata"]}


def _told(versions: list[dict[str, str]]) -> dict[str, Any]:
    metadata = {
        "created_time": SINCE,
        "custom_metadata": None,
        "deletion_time": "",
        "destroyed": False,
        "version": len(versions),
    }
    return {"data": versions[-1], "metadata": metadata}


@contextmanager
def vault(**more: Any) -> Iterator[Vault]:
    """Yield a Vault on a free loopback port."""
    one = Vault(**more)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = one.answer(self.command, self.path, self.headers, body)
            written = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def __getattr__(self, name: str) -> Any:
            """Serve every method alike: the server looks for `do_<method>`."""
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
