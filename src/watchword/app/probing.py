"""Probing: how a running service is, asked over HTTP with the standard library alone."""

import os
import ssl
import urllib.error
import urllib.request

from watchword.app.reading import read_settings
from watchword.plumbing import console
from watchword.plumbing.settings import ServerSettings

_PATIENCE_SECONDS = 3


def probe(base: str, path: str, *, as_json: bool = False) -> int:
    """Ask and print the answer; return the exit code: 0 well, 1 not well, 69 out of reach."""
    tls = None
    if not base:
        server = read_settings(dict(os.environ)).section(ServerSettings)
        tls = _own_certificate(server) if server.ssl_cert_path else None
        base = f"http{'s' * (tls is not None)}://127.0.0.1:{server.port}"
    try:
        with urllib.request.urlopen(  # noqa: S310 - http and https alone
            f"{base}/{path}", timeout=_PATIENCE_SECONDS, context=tls
        ) as answer:
            print(answer.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        print(error.read().decode())
        return 1
    except OSError:
        console.talk(f"Nobody answers at {base}.")
        if as_json:
            console.output({"status": "unreachable"}, as_json=True)
        return console.Exit.UNAVAILABLE


def _own_certificate(server: ServerSettings) -> ssl.SSLContext:
    """Believe our own certificate and no other, whatever name it is made out to."""
    context = ssl.create_default_context(cafile=server.ssl_cert_path)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context
