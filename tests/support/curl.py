"""A curl for machines without one: as much of it as the README's lines use.

--json BODY   POST as JSON        -c FILE   keep cookies there        -b FILE   send those
-u NAME:WORD  HTTP Basic          -H HEADER one more header           -s        (it is silent anyway)
"""

import argparse
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from http.cookiejar import MozillaCookieJar
from pathlib import Path


def main() -> int:
    """Make one request and print its body."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--json")
    parser.add_argument("-c", dest="keep")
    parser.add_argument("-b", dest="send")
    parser.add_argument("-u", dest="basic")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-s", action="store_true")
    told = parser.parse_args()
    jar = MozillaCookieJar()
    if told.send and Path(told.send).exists():
        jar.load(told.send, ignore_discard=True)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    request = urllib.request.Request(told.url)
    if told.json is not None:
        request.data = told.json.encode()
        request.add_header("Content-Type", "application/json")
    if told.basic:
        request.add_header("Authorization", f"Basic {b64encode(told.basic.encode()).decode()}")
    for header in told.headers:
        request.add_header(*header.split(": ", 1))
    try:
        answer = opener.open(request).read()
    except urllib.error.HTTPError as error:
        answer = error.read()
    if told.keep:
        jar.save(told.keep, ignore_discard=True)
    sys.stdout.write(answer.decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
