"""The log in files: which line is in which, how they are turned over, and what a broken disk costs."""

import json
import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.canaries import says
from tests.support.world import PASSWORD, environment
from tests.support.worlds import Opener
from watchword.app.building import configure_logs
from watchword.app.settings import read
from watchword.app.settings.values import SettingsRefused
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.files import LogFile
from watchword.plumbing.logs.logger import AccessLog, log

AUTH = "/api/v1/auth"
ALICE = "alice@example.org"
NAMES = {"app.log", "combined.log", "error.log", "http.log", "security.log"}
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave no file open for the next test."""
    yield
    logger.configure()


def keep(tmp_path: Path, **told: str) -> None:
    """Set the log up as a service does that is told these settings."""
    configure_logs(read(environment(f"sqlite:///{tmp_path}/w.db", **told), cwd=tmp_path))


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def messages(file: Path) -> list[str]:
    return [line["message"] for line in lines(file)]


def speak() -> None:
    """Say one line of each kind, an error with its stack among them."""
    log().info("hello")
    log().warning("SECURITY_EVENT", category="security")
    access = AccessLog("watchword", "")
    access.write(1.0, "GET", "/live", 200, 0.001, "the-one", "")
    access.flush()
    try:
        raise RuntimeError("broken")  # noqa: TRY301
    except RuntimeError:
        log().exception("it failed")


SPOKEN = ["hello", "SECURITY_EVENT", "request", "it failed"]


@pytest.mark.req("K-37")
def test_lines_are_on_standard_output_alone_unless_files_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path)
    speak()
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == SPOKEN
    assert list(tmp_path.rglob("*.log")) == []


@pytest.mark.req("K-37", "N-69", "A-51")
@pytest.mark.parametrize("told", [{"LOG_DIR": "logs"}, {"LOG_FILE": "logs/app.log"}])
def test_each_line_is_kept_where_one_looks_for_it_and_told_besides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: dict[str, str]
) -> None:
    folder = tmp_path / "logs"
    keep(tmp_path, **{name: str(tmp_path / path) for name, path in told.items()})
    speak()
    assert {file.name for file in folder.iterdir()} == NAMES
    assert messages(folder / "combined.log") == messages(folder / "app.log") == SPOKEN
    [failure] = lines(folder / "error.log")
    assert (failure["message"], failure["level"]) == ("it failed", "error")
    assert failure["stack"].endswith("RuntimeError: broken")
    assert failure in lines(folder / "combined.log")
    assert messages(folder / "security.log") == ["SECURITY_EVENT"]
    [request] = lines(folder / "http.log")
    assert (request["method"], request["route"], request["status"]) == ("GET", "/live", 200)
    assert (request["duration_ms"], request["request_id"]) == (1.0, "the-one")
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == SPOKEN


@pytest.mark.req("N-71", "N-79", "A-51")
async def test_sign_ins_are_found_in_the_files_without_their_secrets(
    worlds: Opener, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    async with worlds() as world:
        await world.subscriber()
        keep(tmp_path, LOG_DIR=str(folder))
        async with world.client() as client:
            await client.post(f"{AUTH}/login", json={"email": ALICE, "password": "no, not this"})
            await client.post(f"{AUTH}/otp/request", json={"email": ALICE})
            code = await world.code(ALICE)
            await client.post(f"{AUTH}/otp/verify", json={"email": ALICE, "code": code})
        world.part(AccessLog).flush()
    assert messages(folder / "security.log").count("AUTH_FAILURE") == 1
    combined = (folder / "combined.log").read_text()
    assert [told for told in messages(folder / "combined.log") if "OTP" in told] == [
        "OTP generated",
        "OTP validated",
    ]
    assert [line["route"] for line in lines(folder / "http.log")] == [
        f"{AUTH}/{door}" for door in ("login", "otp/request", "otp/verify")
    ]
    for secret in (code, "no, not this", PASSWORD, ALICE):
        assert not says(combined, secret)


@pytest.mark.req("G-22", "K-37")
def test_25_megabytes_are_a_file_and_two_elders(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    keep(tmp_path, LOG_FILE=str(file))
    for _ in range(25):
        log().info("x" * (MB - 200))
    assert {each.name for each in tmp_path.glob("app.log*")} == {
        "app.log",
        "app.log.1",
        "app.log.2",
    }
    assert [len(messages(each)) for each in sorted(tmp_path.glob("app.log*"))] == [5, 10, 10]
    assert len(lines(tmp_path / "combined.log.2")) == 10
    assert max(each.stat().st_size for each in tmp_path.iterdir()) <= 10 * MB


@pytest.mark.req("G-22")
@pytest.mark.parametrize("most", [1, 2, 10])
def test_of_a_name_there_are_never_more_than_are_wanted_and_the_newest_stay(
    tmp_path: Path, most: int
) -> None:
    file = tmp_path / "app.log"
    keep(tmp_path, LOG_FILE=str(file), LOG_MAX_SIZE="1k", LOG_MAX_FILES=str(most))
    for number in range(60):
        log().info(f"{number} {'x' * 600}")
    found = [file, *(tmp_path / f"app.log.{age}" for age in range(1, most))]
    assert set(tmp_path.glob("app.log*")) == set(found)
    assert [messages(each)[0].split()[0] for each in found] == [
        str(59 - age) for age in range(most)
    ]


@pytest.mark.req("G-22")
def test_people_read_text_and_files_are_json_still(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, LOG_DIR=str(tmp_path), LOG_FORMAT="text")
    log().info("hello", tries=3)
    assert capsys.readouterr().out.strip().endswith("info  hello tries=3")
    assert messages(tmp_path / "app.log") == ["hello"]


@pytest.mark.parametrize("size", ["0", "ten", "10 apples", "-1", "1.5m"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        keep(tmp_path, LOG_MAX_SIZE=size)
    assert "LOG_MAX_SIZE" in str(refusal.value)


def _write(path: Path, who: str) -> None:
    file = LogFile(path, 2000, 1000)
    for number in range(400):
        file.write(f"{who} {number} {'x' * 80}\n".encode())


def test_processes_that_share_files_lose_no_line_and_turn_over_full_files_alone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.log"
    forks = multiprocessing.get_context("fork")
    writers = [forks.Process(target=_write, args=(path, who)) for who in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = [
        tuple(line.split()[:2])
        for file in tmp_path.glob("app.log*")
        for line in file.read_text().splitlines()
    ]
    assert min(file.stat().st_size for file in tmp_path.glob("app.log.*")) > 1900
    assert sorted(found) == sorted((who, str(number)) for who in "abc" for number in range(400))


def test_a_file_that_somebody_deleted_is_begun_anew(tmp_path: Path) -> None:
    keep(tmp_path, LOG_DIR=str(tmp_path))
    log().info("before")
    (tmp_path / "app.log").unlink()
    log().info("after")
    assert messages(tmp_path / "app.log") == ["after"]


def test_a_folder_that_cannot_be_written_costs_the_files_alone_and_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    keep(tmp_path, LOG_DIR=str(tmp_path / "taken"))
    speak()
    told = capsys.readouterr()
    assert [json.loads(line)["message"] for line in told.out.splitlines()] == SPOKEN
    [once] = told.err.splitlines()
    assert once.startswith("log files are not written")
    (tmp_path / "taken").unlink()
    log().info("again")
    assert messages(tmp_path / "taken" / "app.log") == ["again"]
