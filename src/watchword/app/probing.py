"""Probing: how a running service is, asked over HTTP with the standard library alone."""

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from watchword.app.reading import read_settings, read_some
from watchword.plumbing.commands import console
from watchword.plumbing.settings import ManagerSettings, ServerSettings

_PATIENCE_SECONDS = 3
_ELSEWHERE = range(300, 400)


def probe(base: str, path: str, *, as_json: bool = False) -> int:
    """Ask and print the answer; return the exit code: 0 well, 1 not well, 2 usage, 69 out of reach."""
    tls = None
    if base and not _is_address(base):
        console.talk(f"{base} is no address: write it as --base http://localhost:8000")
        return console.Exit.USAGE
    if not base:
        server = _server(dict(os.environ))
        tls = _own_certificate(server) if server.ssl_cert_path else None
        base = f"http{'s' * (tls is not None)}://127.0.0.1:{server.port}"
        path = {"health": server.health_path, "ready": server.ready_path}.get(path, path)
    asking = urllib.request.build_opener(_Still, urllib.request.HTTPSHandler(context=tls))
    try:
        with asking.open(
            f"{base.rstrip('/')}/{path.lstrip('/')}", timeout=_PATIENCE_SECONDS
        ) as answer:
            text = answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        print(error.read().decode(errors="replace"))
        if error.code in _ELSEWHERE:
            console.talk(f"What answers at {base} sends us on to {error.headers['Location']}.")
        return 1
    except HTTPException:
        return _away(f"What answers at {base} speaks no HTTP.", as_json=as_json)
    except OSError:
        return _away(f"Nobody answers at {base}.", as_json=as_json)
    print(text)
    if _tells_status(text):
        return 0
    console.talk(f"What answers at {base} is not this service.")
    return 1


class _Still(urllib.request.HTTPRedirectHandler):
    """Goes nowhere: who sends us on has not told how it is."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse to follow."""


def _tells_status(text: str) -> bool:
    """Tell whether it is one of our answers, and no page of somebody else."""
    try:
        told = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and "status" in told


def _server(environ: Mapping[str, str]) -> ServerSettings:
    """Read where it listens; no manager of secrets is asked that, every half minute."""
    managed = read_some(environ, [ManagerSettings]).section(ManagerSettings).provider
    settings = read_some(environ, [ServerSettings]) if managed else read_settings(environ)
    return settings.section(ServerSettings)


def _away(sentence: str, *, as_json: bool) -> int:
    console.talk(sentence)
    if as_json:
        console.output({"status": "unreachable"}, as_json=True)
    return console.Exit.UNAVAILABLE


def _is_address(text: str) -> bool:
    """Tell whether it is an address of HTTP, as `urlopen` can ask it."""
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna")
        return bool(host) and parts.scheme in {"http", "https"} and (parts.port or 1) > 0
    except ValueError:
        return False


def _own_certificate(server: ServerSettings) -> ssl.SSLContext:
    """Believe our own certificate and no other, whatever name it is made out to."""
    context = ssl.create_default_context(cafile=server.ssl_cert_path)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context
