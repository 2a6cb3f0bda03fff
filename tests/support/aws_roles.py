"""Whoever tells the credentials of a role at AWS, as its documentation says: STS, an agent, a machine.

One address for all three. Each tells a key named after itself, and keeps what it was asked.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs

ARN: Final = "arn:aws:iam::123456789012:role/auth"
SESSION: Final = "session+token/of=aws"
ROLES: Final = "/latest/meta-data/iam/security-credentials/"
AGENT: Final = "/v2/credentials/of-this-task"


@dataclass
class Roles:
    """The address, who may ask, and what was asked."""

    url: str = ""
    shown: str | None = None
    identity: str = "token of the pod"
    role: str = "auth service"
    broken: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str]:
        """Answer as AWS does."""
        self.asked.append(f"{method} {path}")
        if self.broken:
            return self.broken, "<html>a page of somebody else</html>"
        if method == "POST":
            return self._sts({name: values[0] for name, values in parse_qs(body.decode()).items()})
        if path == AGENT:
            return (200, _told("agent")) if headers["Authorization"] == self.shown else (401, "{}")
        return self._machine(method, path, headers)

    def _sts(self, form: dict[str, str]) -> tuple[int, str]:
        if (form.get("RoleArn"), form.get("WebIdentityToken")) != (ARN, self.identity):
            fault = "<Error><Code>InvalidIdentityToken</Code><Message>No.</Message></Error>"
            return 400, f"<ErrorResponse>{fault}</ErrorResponse>"
        assert (form["Action"], form["Version"]) == ("AssumeRoleWithWebIdentity", "2011-06-15")
        return 200, (
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            f"<SessionToken>{SESSION}</SessionToken><SecretAccessKey>secret</SecretAccessKey>"
            "<Expiration>2026-03-01T13:00:00Z</Expiration><AccessKeyId>pod</AccessKeyId>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )

    def _machine(self, method: str, path: str, headers: Any) -> tuple[int, str]:
        if (method, path) == ("PUT", "/latest/api/token"):
            lasts = headers["X-aws-ec2-metadata-token-ttl-seconds"] or "0"
            return (200, "AQAE token") if 1 <= int(lasts) <= 21600 else (400, "")
        if headers["X-aws-ec2-metadata-token"] != "AQAE token":
            return 401, ""
        if path == ROLES:
            return (200, self.role.replace(" ", "-")) if self.role else (404, "")
        return (200, _told("machine")) if path == ROLES + "auth-service" else (404, "")


def _told(who: str) -> str:
    return json.dumps(
        {"Code": "Success", "AccessKeyId": who, "SecretAccessKey": "secret", "Token": SESSION}
    )


@contextmanager
def roles() -> Iterator[Roles]:
    """Yield one that listens."""
    told = Roles()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, text = told.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST = _do  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
