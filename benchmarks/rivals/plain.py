"""The least an ASGI application can do: answer with bytes it already has.

BENCH_ANSWER names a JSON file ``{"headers": [[name, value]], "body": text}``: the answer of the
session check it stands beside, byte for byte. What it reaches is the ceiling of the server below.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_answer = json.loads(Path(os.environ["BENCH_ANSWER"]).read_text())
_body = _answer["body"].encode()
_start = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(name.encode(), value.encode()) for name, value in _answer["headers"]],
}
_rest = {"type": "http.response.body", "body": _body}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(_start)
    await send(_rest)
