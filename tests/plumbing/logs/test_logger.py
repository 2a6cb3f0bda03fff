"""Logs: one line of JSON each, and never a secret or an address."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.kernel.chance import SystemChance
from watchword.kernel.secret import Peppers, Secret, mint_token
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.logger import log, redact

TOKEN = mint_token("rt", Peppers(3, {3: b"k" * 32}), SystemChance()).reveal()
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
SECRETS = [TOKEN, JWT, "hunter2", "alice@example.org"]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Yield where this process' log goes."""
    written = io.StringIO()
    logger.configure("info", "watchword", "node-1", stream=written)
    yield written
    logger.configure()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_tells_when_what_and_who(stream: io.StringIO) -> None:
    log().warning("letter delayed", tries=3)
    (line,) = lines(stream)

    assert (line["level"], line["message"], line["tries"]) == ("warn", "letter delayed", 3)
    assert (line["service"], line["node_id"]) == ("watchword", "node-1")
    assert line["timestamp"].endswith("+00:00")


@pytest.mark.parametrize(
    "said",
    [
        {"event": f"refused {TOKEN}"},
        {"event": "x", "header": f"Bearer {TOKEN}"},
        {"event": "x", "url": f"https://id.example.org/verify?token={TOKEN}&lang=en"},
        {"event": "x", "deep": {"er": [{"password": "hunter2"}, {"note": "alice@example.org"}]}},
        {"event": "x", "jwt": JWT},
        {"event": "x", "database": "postgresql://watchword:hunter2@db:5432/id"},
        {"event": "x", "code": "hunter2"},
        {
            "event": "x",
            "csrf_token": "hunter2",
            "Authorization": "hunter2",
            "set_cookie": "hunter2",
        },
        {"event": "x", "error": ValueError("no such account: alice@example.org")},
        {"event": "x", "given": Secret("hunter2")},
        {"event": "x", "form": "password=hunter2&name=Alice"},
        {"event": "x", "user_agent": '{"password":"hunter2"}'},
        {"event": "x", "user_agent": "{'code' : 'hunter2'}"},
        {"event": "x", "user_agent": "curl api_key=hunter2"},
        {"event": "x", "user_agent": "token: hunter2"},
    ],
)
def test_secrets_and_addresses_are_struck_out(stream: io.StringIO, said: dict[str, Any]) -> None:
    log().info(said.pop("event"), **said)

    assert len(lines(stream)) == 1
    assert not [secret for secret in SECRETS if secret in stream.getvalue()]


@pytest.mark.parametrize(
    "said", ["error code: 42P01", "at 12:00:05, host db:5432", "duplicate key: id"]
)
def test_what_is_no_secret_stays_to_be_read(stream: io.StringIO, said: str) -> None:
    log().info("x", detail=said)
    assert lines(stream)[0]["detail"] == said


def test_a_traceback_keeps_no_secret_either(stream: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError(f"cannot open {TOKEN} of alice@example.org")

    try:
        fail()
    except RuntimeError:
        log().exception("failed")

    assert not [secret for secret in SECRETS if secret in stream.getvalue()]
    assert "RuntimeError" in stream.getvalue()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_striking_out_twice_is_striking_out_once(value: Any) -> None:
    assert redact(redact(value)) == redact(value)


@pytest.mark.req("K-38")
def test_audit_and_security_are_written_whatever_the_level(stream: io.StringIO) -> None:
    logger.set_level("error")
    log().info("AUDIT", category="audit")
    log().warning("knocking", category="security")
    log().info("not worth a line")

    assert [line["message"] for line in lines(stream)] == ["AUDIT", "knocking"]


def test_the_lines_of_libraries_look_like_ours(stream: io.StringIO) -> None:
    logging.getLogger("watchword.counters").warning("redis is away (%s)", "TimeoutError")
    (line,) = lines(stream)

    assert (line["message"], line["logger"]) == (
        "redis is away (TimeoutError)",
        "watchword.counters",
    )


def test_lines_for_a_full_disk_are_lost_and_trouble_nobody() -> None:
    full = io.TextIOWrapper(io.FileIO("/dev/full", "w"), write_through=True)
    with pytest.raises(OSError, match="No space left"):
        full.write("so it is with every line")
    access = logger.AccessLog("watchword", "node-1", full)
    logger.configure("info", "watchword", "node-1", stream=full)
    try:
        log().info("what happened")
        access.write(0.0, "GET", "/live", 200, 0.001, "r", "")
        access.flush()
    finally:
        logger.configure()


def test_a_last_word_after_the_end_of_the_stream_troubles_nobody(stream: io.StringIO) -> None:
    stream.close()
    logging.getLogger("asyncio").error("Future exception was never retrieved")
