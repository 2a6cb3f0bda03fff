"""Filebeat and Logstash agree with one another, and with the lines that we write."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.logstash import Event, Pipeline
from tests.support.markdown import ROOT
from tests.support.worlds import Opener
from watchword.plumbing.logs.logger import AccessLog, log
from watchword.plumbing.settings import LogSettings

FOLDER = ROOT / "deploy" / "logs"
PROFILES = sorted((ROOT / "src/watchword/app/profiles").glob("[!e]*.toml"))  # not environments
SENT = Path(__file__).with_name("filebeat-7.17.28.ndjson")
AUTH = "/api/v1/auth"


def filebeat() -> dict[str, Any]:
    """Return what Filebeat is told."""
    read: dict[str, Any] = yaml.safe_load((FOLDER / "filebeat.yml").read_text("utf-8"))
    return read


def shipped(line: str, service: str) -> Event:
    """Return a line as Filebeat sends it: decoded at the root, with the field of its service."""
    [source] = filebeat()["filebeat.inputs"]
    [parser] = source["parsers"]
    assert parser["ndjson"] == {"target": "", "overwrite_keys": True, "add_error_key": True}
    assert "fields_under_root" not in source
    assert source["fields"] == {"service": "${SERVICE_NAME:auth-api}"}
    about = {"host": {"name": "web-1"}, "fields": {"service": service}, "tags": ["beats_input"]}
    return {"message": line, **about, **json.loads(line)}


def logstash() -> Pipeline:
    """Return Logstash's pipeline."""
    return Pipeline((FOLDER / "logstash.conf").read_text("utf-8"))


async def said(worlds: Opener, folder: Path) -> list[str]:
    """Return what a service says of a sign-in, of a refused one, and of a fault of its own."""
    async with worlds(LOG_DIR=str(folder)) as world, world.client() as client:
        await world.subscriber()
        await world.sign_in(client)
        body = {"email": "alice@example.org", "password": "wrong but long enough"}
        await client.post(f"{AUTH}/login", json=body)
        log().error("it failed")
        world.part(AccessLog).flush()
        return world.log.getvalue().splitlines()


@pytest.mark.req("R-59", "G-57", "D-20")
@pytest.mark.parametrize("service", ["auth-service", "auth-api"])
async def test_each_line_comes_out_with_its_time_its_tags_and_its_index(
    small_worlds: Opener, tmp_path: Path, service: str
) -> None:
    pipeline = logstash()
    lines = await said(small_worlds, tmp_path / "logs")
    assert len(lines) > 5
    for line in lines:
        read = json.loads(line)
        event = pipeline.run(shipped(line, service))
        assert event is not None
        assert event["message"] == read["message"]
        assert event["@timestamp"].isoformat(timespec="milliseconds") == read["timestamp"]
        assert ("error" in event["tags"]) is (read["level"] == "error")
        assert ("audit" in event["tags"]) is (read["message"] == "AUDIT")
        assert event["service"] == service
        index = pipeline.index(event)
        assert re.fullmatch(rf"{service}-\d{{4}}\.\d\d\.\d\d", index)
        assert index.endswith(f"{event['@timestamp']:%Y.%m.%d}")


@pytest.mark.req("R-59", "G-57")
async def test_a_line_that_nobody_decoded_is_decoded_and_one_of_others_goes_no_further(
    small_worlds: Opener, tmp_path: Path
) -> None:
    pipeline = logstash()
    [line, *_] = await said(small_worlds, tmp_path / "logs")
    raw = pipeline.run({"message": line, "fields": {"service": "auth-service"}})
    assert raw is not None
    assert raw["message"] == json.loads(line)["message"]
    for fields in ({"service": "billing"}, {}):
        assert pipeline.run({"message": line, "fields": fields}) is None
    assert pipeline.run({"message": line}) is None


@pytest.mark.req("G-57", "G-58", "D-20")
def test_what_a_real_filebeat_made_of_our_files_is_what_logstash_looks_for() -> None:
    """Filebeat 7.17.28 said "Config OK" of the file, and sent these events of a service's own lines."""
    *decoded, stray = map(json.loads, SENT.read_text("utf-8").splitlines())
    assert [event["message"] for event in decoded][-3:] == ["AUDIT", "AUTH_FAILURE", "stopping"]
    for event in decoded:
        came = logstash().run(event)
        assert came is not None
        assert (came["service"], came["level"]) == ("auth-api", "info")
        assert ("audit" in came["tags"]) is (event["message"] == "AUDIT")
        assert came["@timestamp"].isoformat(timespec="milliseconds") == event["timestamp"]
    assert stray["error"]["type"] == "json"
    assert {event["log"]["file"]["path"] for event in decoded} == {"/app/logs/combined.log"}


@pytest.mark.req("D-20")
def test_filebeat_reads_each_line_once_wherever_the_files_are_turned_over(tmp_path: Path) -> None:
    [source] = filebeat()["filebeat.inputs"]
    assert (source["type"], source["paths"]) == ("filestream", ["/app/logs/*.log"])
    [left_out] = source["prospector.scanner.exclude_files"]
    files = LogSettings(directory=Path("/app/logs")).paths().values()
    assert {path.name for path in files if not re.search(left_out, str(path))} == {"combined.log"}
    assert filebeat()["output.logstash"]["hosts"] == ["${LOGSTASH_HOSTS:logstash:5044}"]
    assert {"add_host_metadata": None} in filebeat()["processors"]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_logstash_knows_the_service_of_every_profile(profile: Path) -> None:
    found = re.search(r'^SERVICE_NAME = "(.+)"$', profile.read_text("utf-8"), re.MULTILINE)
    service = found[1] if found else "watchword"
    line = json.dumps({"timestamp": "2026-03-01T12:00:00+00:00", "message": "hello"})
    assert logstash().run(shipped(line, service)) is not None
