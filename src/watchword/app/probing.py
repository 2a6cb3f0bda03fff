"""Probing: how a running service is, asked over HTTP with the standard library alone."""

import os
import urllib.error
import urllib.request

from watchword.app.reading import read_settings
from watchword.plumbing.settings import ServerSettings

_PATIENCE_SECONDS = 3


def probe(base: str, path: str) -> int:
    """Ask and print the answer; return the exit code: 0 well, 1 not well, 69 out of reach."""
    if not base:
        base = f"http://127.0.0.1:{read_settings(dict(os.environ)).section(ServerSettings).port}"
    try:
        with urllib.request.urlopen(f"{base}/{path}", timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
            print(answer.read().decode())
            return 0
    except urllib.error.HTTPError as error:
        print(error.read().decode())
        return 1
    except OSError:
        return 69
